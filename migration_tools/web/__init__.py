"""Read-only pages under the admin, in the style of Django's admindocs; they run nothing."""
