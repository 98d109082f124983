"""The demo's clinics: made-up people whose last half year is lived through again, through the services."""
