"""Compiled code is silenced, and only for as long as asked."""

import os

import pytest

from helpers.quiet import quiet


def test_error_stream_is_silent_inside_and_back_afterwards(capfd):
    os.write(2, b"before ")
    with quiet():
        os.write(2, b"inside ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_exception_passes_and_the_stream_comes_back(capfd):
    with pytest.raises(KeyError), quiet():
        raise KeyError
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
