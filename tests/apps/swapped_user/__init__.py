"""A user model of the project's own: AUTH_USER_MODEL = 'swapped_user.Person'."""
