from tools import markdown


def test_numbers_stand_on_the_right():
    text = markdown.table(["name", "seconds"], [["one", "1.5"], ["two", "20"]])
    assert text.splitlines()[1] == "| --- | ---: |"
