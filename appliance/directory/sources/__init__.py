"""What the directory stays in step with: LDAP, CardDAV, Microsoft 365, an exchange's phone book.

Imports ldap3, requests and msal, each where it is needed: only child processes, commands and pages come here.
"""
