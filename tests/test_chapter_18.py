"""What the chapter on transformers defines: patches, attention, tokens; and the experiments that it reads."""

import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from experiments import distil, misuse, transfer
from helpers.models import keras

chapter = chapter_functions("18_teach_a_transformer")
FRONTS = {"patches": "patch_front", "convolutions": "convolution_front"}


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_patches_run_row_by_row():
    picture = np.arange(16).reshape(1, 4, 4)
    assert chapter.patches_of(picture, 2)[0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


@pytest.mark.parametrize("side", [4, 7, 14])
def test_patches_put_together_are_the_images(random, side):
    pictures = random.random((3, 28, 28))
    assert np.array_equal(chapter.from_patches(chapter.patches_of(pictures, side), side), pictures)


def test_attention_with_one_head_is_the_one_written_in_four_lines(random):
    layer = chapter.Attention(8, 1)
    words = random.normal(size=(1, 5, 8)).astype("float32")
    layer(words)
    parts = (np.asarray(part(words))[0] for part in (layer.query, layer.key, layer.value))
    expected = layer.join(chapter.attend(*parts)[None])
    np.testing.assert_allclose(layer(words), expected, atol=1e-5)


def test_attention_with_heads_is_that_of_keras(random):
    ours, theirs = chapter.Attention(8, 2), keras.layers.MultiHeadAttention(2, 4)
    words = random.normal(size=(2, 5, 8)).astype("float32")
    ours(words), theirs(words, words)
    names = {"query": ours.query, "key": ours.key, "value": ours.value, "attention_output": ours.join}
    for variable in theirs.weights:
        part = next(layer for name, layer in names.items() if f"/{name}/" in f"/{variable.path}/")
        weight = part.kernel if variable.name == "kernel" else part.bias
        variable.assign(np.asarray(weight).reshape(variable.shape))
    np.testing.assert_allclose(ours(words), theirs(words, words), atol=1e-5)


def test_weights_of_attention_sum_to_one(random):
    layer = chapter.Attention(8, 2)
    words = random.normal(size=(2, 5, 8)).astype("float32")
    layer(words)
    weights = np.asarray(layer.weights_of(words))
    assert weights.shape == (2, 2, 5, 5)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)


def test_two_words_stand_in_front_and_every_word_has_its_place(random):
    layer = chapter.Tokens()
    words = random.normal(size=(3, 4, 8)).astype("float32")
    out = np.asarray(layer(words))
    assert out.shape == (3, 6, 8)
    places = np.asarray(layer.places)
    np.testing.assert_allclose(out[:, 2:], words + places[:, 2:], atol=1e-6)
    np.testing.assert_allclose(out[:, :2], np.repeat(layer.extra + places[:, :2], 3, axis=0), atol=1e-6)


@pytest.mark.parametrize("front", FRONTS)
def test_the_chapter_s_network_is_that_of_the_experiment(front, random):
    """The same layers, and with the same weights the same answers: two for ten classes."""
    ours = chapter.transformer(getattr(chapter, FRONTS[front])())
    theirs = distil.transformer(getattr(distil, front)())
    assert described(ours) == described(theirs)
    theirs.set_weights(ours.get_weights())
    pictures = random.random((3, 28, 28, 1)).astype("float32")
    for one, other in zip(ours(pictures), theirs(pictures)):
        assert one.shape == (3, 10)
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_answer_is_the_mean_of_both_tokens():
    scores = [np.array([[0.0, 100.0]]), np.array([[100.0, 0.0]])]
    network = type("Network", (), {"predict": lambda self, pictures, **options: scores})()
    np.testing.assert_allclose(chapter.chances_of(network, None), [[0.5, 0.5]])
    np.testing.assert_allclose(distil.asked_both(network, np.zeros((1, 28, 28))), [[0.5, 0.5]])


class Teacher:
    """Says class 7 of every image that is brighter than a half, else class 2; remembers what it was asked."""

    def predict_on_batch(self, pictures):
        self.asked = pictures
        scores = np.zeros((len(pictures), 10))
        scores[np.arange(len(pictures)), np.where(pictures.mean(axis=(1, 2, 3)) > 0.5, 7, 2)] = 3.0
        return scores


def brighter(images, draw):
    return images + 1


@pytest.mark.parametrize("soft", [False, True])
def test_the_teacher_is_asked_about_the_image_as_the_student_sees_it(soft):
    images, labels, known = np.zeros((6, 28, 28, 1), "float32"), np.arange(6), np.arange(6) < 3
    teacher = Teacher()
    lessons = distil.Lessons(images, labels, known, teacher, soft, changes=[brighter], size=6)
    shown, (first, second) = lessons[0]
    assert np.array_equal(shown, teacher.asked) and shown.min() == 1
    order = lessons.order
    assert first.tolist() == np.where(known, labels, 7)[order].tolist()  # what has no label has the teacher's name
    if soft:
        np.testing.assert_allclose(second.sum(axis=1), 1)
        assert second[0, 7] / second[0, 0] == pytest.approx(np.exp(3 / distil.TEMPERATURE))
    else:
        assert second.tolist() == [7] * 6


def test_without_a_teacher_both_tokens_learn_the_labels():
    images, labels = np.zeros((6, 28, 28, 1), "float32"), np.arange(6)
    lessons = distil.Lessons(images, labels, np.ones(6, bool), None, False, changes=[], size=6)
    _, (first, second) = lessons[0]
    assert first.tolist() == second.tolist() == labels[lessons.order].tolist()


def test_the_soft_loss_is_smallest_at_the_teacher_s_own_scores_and_the_chapter_s(random):
    assert chapter.TEMPERATURE == distil.TEMPERATURE
    scores = random.normal(size=(4, 10)).astype("float32")
    wanted = distil.softened(scores)
    at_home = np.asarray(distil.soft_loss(wanted, scores))
    np.testing.assert_allclose(chapter.soft_loss(wanted, scores), at_home, rtol=1e-5)
    for _ in range(5):
        away = scores + random.normal(size=scores.shape).astype("float32")
        assert np.all(np.asarray(distil.soft_loss(wanted, away)) > at_home)


def test_exchanging_places_moves_no_token_and_is_undone(random):
    network = distil.transformer(distil.patches())
    tokens = distil.tokens_of(network)
    tokens.places.assign(random.normal(size=tokens.places.shape))
    kept, seen = tokens.places.numpy(), []
    network.predict = lambda *_, **__: seen.append(tokens.places.numpy()) or [np.zeros((2, 10))] * 2
    distil.without_places(network, np.zeros((2, 28, 28)))
    assert np.array_equal(seen[0][0, :2], kept[0, :2]) and not np.array_equal(seen[0], kept)
    assert np.array_equal(np.sort(seen[0], axis=1), np.sort(kept, axis=1))
    assert np.array_equal(tokens.places.numpy(), kept)


def test_likeness_of_places_that_lie_on_a_slope():
    network = distil.transformer(distil.patches())
    tokens = distil.tokens_of(network)
    angle = np.repeat(np.arange(7), 7) * np.pi / 8  # a direction that turns from row to row
    places = np.zeros(tokens.places.shape, "float32")
    places[0, 2:, 0], places[0, 2:, 1] = np.cos(angle), np.sin(angle)
    tokens.places.assign(places)
    numbers = distil.likeness(network)
    assert numbers["likeness_near"] > np.cos(np.pi / 8) > 0 > numbers["likeness_far"] - 0.7


def test_all_ways_take_as_many_labels_and_steps():
    ways = [settings for name, settings in distil.VARIANTS.items() if name.endswith(", 2000")]
    assert len({(settings["labels"], settings["steps"]) for settings in ways}) == 1 and len(ways) == 5


def test_rates_are_those_of_the_best_trials():
    from helpers import evidence

    bank = evidence.read("distil")
    for front, chosen in distil.RATES.items():
        trials = {peak: bank.runs(f"trial: {front}, {peak}")[0].numbers["apart"] for peak in (0.001, 0.003, 0.01, 0.03)}
        assert chosen == max(trials, key=trials.get)


def test_mistakes_are_made_with_the_recipe_that_does_best():
    known = transfer.VARIANTS["borrowed, 3000"]
    assert misuse.COUNT == known["count"] and misuse.STEPS == transfer.STEPS[known["count"]]
    assert (misuse.WHOLE, misuse.HEAD) == (known["peak"], transfer.HEAD)
    assert (misuse.CUT, misuse.DECAY, misuse.SEEDS) == (transfer.CUT, transfer.DECAY, transfer.SEEDS)


def test_images_are_shown_as_the_mistake_says():
    images = np.array([0.0, 0.5, 1.0])
    assert misuse.shown(images, misuse.RIGHT).tolist() == [-1, 0, 1]
    assert misuse.shown(images, misuse.VARIANTS["pixels 0 to 255"]["pixels"]).tolist() == [0, 127.5, 255]


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A small one of the hub's own class. The package is an extra, which the environment may lack."""
    chapter.keras_hub = pytest.importorskip("keras_hub")
    folder = tmp_path_factory.mktemp("preset")
    keras.utils.set_random_seed(0)
    chapter.make_preset(str(folder))
    return str(folder)


def test_a_preset_s_converter_makes_of_white_and_black_what_imagenet_s_mean_and_spread_say(preset):
    _, converter = chapter.load(preset)
    ends = np.stack([np.zeros((28, 28, 3)), np.full((28, 28, 3), 255.0)])
    made = np.asarray(converter(ends))
    assert made.shape == (2, 56, 56, 3)
    np.testing.assert_allclose(made[0, 5, 5], [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225], atol=1e-4)
    np.testing.assert_allclose(made[1, 5, 5], [0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225], atol=1e-4)


def test_a_preset_loaded_twice_answers_alike(preset, random):
    pictures = random.normal(size=(3, 56, 56, 3)).astype("float32")
    one, other = (chapter.load(preset)[0] for _ in range(2))
    np.testing.assert_allclose(one(pictures), other(pictures), atol=1e-6)


def test_the_class_token_is_read(preset, random):
    grey = random.random((3, 28, 28)).astype("float32")
    chapter.backbone, chapter.converter = chapter.load(preset)
    words = chapter.backbone(chapter.converter(255 * np.repeat(grey[..., None], 3, axis=-1)))
    np.testing.assert_allclose(chapter.class_token(grey), np.asarray(words)[:, 0], atol=1e-5)
