"""Reading a finished PDF back and comparing it with the plan, in code that shares nothing with the drawing."""
