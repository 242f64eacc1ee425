forget_blob(id)
