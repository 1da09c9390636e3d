print("shisa")
