// HomeAgent
