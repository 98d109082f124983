"""One patient: the page, the record, care status, visits, thresholds, check-ins and history.

`views` is the page itself; each other module is one task, with its form and view.

    /patients/<id>           views       /patients/<id>/care        care
    /patients/<id>/edit      record      /patients/<id>/visits      visits
    /patients/<id>/move, /moves         moves: to another clinic of the installation
    /patients/<id>/file, /patient-files files: to another installation and from one
    /patients/<id>/checkin   phone_checkin (the patient's own questions, entered by staff)
"""
