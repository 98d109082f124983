"""The picture of a plan: dose steps and answers on one time axis, as inline SVG.

`drawing` composes it: `whole` for the plan's page, `beside` for a review item, `draft` for the plan form. `stairs` is
the upper part (frame, dose steps and their marks), `lanes` the lower (scores, level, check-ins, flags, key).

    picture.drawing.draft(PictureData(stairs_of(schedule, table)))     # <svg …>, with a title and a description
"""
