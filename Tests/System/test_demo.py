"""The image on the emulated board: the story of `make run DEMO=auto`, told whole."""


def test_the_board_boots_registers_and_keeps_its_network_reachable(tell):
    tell("demo", timeout=900)
