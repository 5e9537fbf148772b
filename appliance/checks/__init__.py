"""What keeps a box from working, and what to do about it: for the page and for `deskbell doctor`.

Every check reads only and takes milliseconds; what takes longer, or loads the telephone, is the doctor's.
"""
