"""RenameField of a field that others refer to by to_field.

Not part of ``every_operation``: Django writes the new name into the keys of the operations
themselves, so that in one process this app can be migrated forwards only once, and a plan that goes
back further than the rename fails where it needs to know what such a key refers to.
"""
