"""Reading a finished PDF back and comparing it with the plan, by code that shares nothing with the drawing."""
