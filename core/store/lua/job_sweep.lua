-- Returns how many uploads it has ended.
return sweep()
