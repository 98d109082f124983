"""The demo's clinics: made-up people whose last half year is played through the services."""
