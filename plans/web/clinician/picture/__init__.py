"""The picture of a plan: dose stairs and answers on one time axis, as inline SVG.

`drawing` puts it together for a place: `whole` on the plan's page, `beside` on an item, `draft` on the form. `stairs`
is the upper part (frame, treads, what is marked on them), `lanes` the lower (scores, level, check-ins, flags, key).

    picture.drawing.draft(PictureData(stairs_of(schedule, table)))     # <svg …>, with a title and a description
"""
