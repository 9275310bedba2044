import numpy as np
from napari.layers import Image, Labels

from napari_fcnseg.annotations.classes import MAX_ID, default_class
from napari_fcnseg.gui.class_choice import ALL, ClassChoice
from napari_fcnseg.gui.layers import class_table

NAMED = class_table([default_class(i, n) for i, n in ((0, "none"), (2, "cell"), (7, "wall"))])
IDS = np.zeros((4, 4), np.uint8)


def test_named_classes_are_offered_and_what_was_chosen_stays(qapp):
    choice = ClassChoice("keep", "", 2)
    assert list(choice.choices) == list(range(1, MAX_ID + 1))
    choice.name_by(Labels(IDS, **NAMED))
    assert list(choice.choices) == [2, 7]
    assert choice.current_choice == "2: cell"
    choice.value = 7
    choice.name_by(Labels(IDS))
    assert choice.value == 7
    assert choice.current_choice == "7"
    choice.name_by(None)
    assert choice.value == 7


def test_all_of_them_may_be_meant(qapp):
    choice = ClassChoice("of class", "", ALL)
    choice.name_by(Labels(IDS, **NAMED))
    assert list(choice.choices) == [ALL, 2, 7]
    assert choice.value == ALL
    assert choice.current_choice == "all"


def test_a_class_that_is_not_there_gives_way(qapp):
    choice = ClassChoice("border", "", 5)
    choice.name_by(Labels(IDS, **NAMED))
    assert choice.value == 2
    choice.name_by(Image(np.zeros((4, 4))))  # has no classes
    assert choice.value == 2
