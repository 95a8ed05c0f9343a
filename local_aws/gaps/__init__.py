"""What moto 5.2 lacks and the AWS provider, or the module, needs: one small function a gap.

Each function patches moto in this process and names the missing API call; a test beside each fails once moto has closed the gap, so
that the function can be deleted.
"""
