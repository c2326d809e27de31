"""A network that is exported gives in a browser what it gives in Keras, and what cannot run or is damaged is refused by name."""

import re

import numpy as np
import pytest

from helpers import live, models
from helpers.data import load_fashion_mnist
from helpers.models import keras
from tools import browse
from tools.chapters import ROOT

layers = keras.layers
SCRIPTS = ("live_kernels.js", "live_networks.js")
# What a browser makes of a file and of images: all numbers that the last layer gives, or why it refuses the file.
RUN = """([text, images]) => {
    try {
        const network = liveNetworks.read(text);
        return images.flatMap((image) => [...liveKernels.run(network, Float32Array.from(image)).at(-1).values]);
    } catch (error) {
        return error.message;
    }
}"""


def with_life(network: keras.Model) -> keras.Model:
    """As if trained: no weight, mean or variance as at the start."""
    draw = np.random.default_rng(1)
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            with_life(layer)
        elif isinstance(layer, layers.BatchNormalization):
            *others, variance = layer.get_weights()
            drawn = [draw.normal(size=values.shape) for values in others]
            layer.set_weights([*drawn, draw.random(variance.shape) + 0.1])
        else:
            layer.set_weights([values + draw.normal(0, 0.02, values.shape) for values in layer.get_weights()])
    return network


def sequential(*row, shape=(28, 28, 1)) -> keras.Model:
    return with_life(keras.Sequential([layers.Input(shape), *row]))


def classifier(*row, **more) -> keras.Model:
    return sequential(*row, layers.Flatten(), layers.Dense(10), **more)


NETWORKS = {
    "simple": lambda: with_life(models.simple_cnn()),
    "regularised": lambda: with_life(models.regularised_cnn()),
    "autoencoder": lambda: with_life(models.autoencoder()),
    "three blocks": lambda: with_life(models.three_block_cnn()),
    "flat": lambda: sequential(layers.Flatten(), layers.Dense(30, activation="tanh"), layers.Dense(10), shape=(28, 28)),
    "row": lambda: sequential(layers.Reshape((28, 28, 1)), layers.Conv2D(3, 5), layers.Flatten(), layers.Dense(10), shape=(784,)),
    "strides": lambda: classifier(
        layers.Conv2D(5, (3, 2), strides=2, activation="sigmoid"), layers.Conv2D(4, 5, strides=3, padding="same")
    ),
    "pools": lambda: classifier(
        layers.Rescaling(2.0, -0.5), layers.AveragePooling2D(3, 2, "same"), layers.Conv2D(6, 3),
        layers.MaxPooling2D(3, 2, "same"), layers.MaxPooling2D((2, 1)), layers.AveragePooling2D(2),
    ),  # fmt: skip
    "global": lambda: sequential(
        layers.Conv2D(8, 3), layers.BatchNormalization(scale=False), layers.Activation("relu"),
        layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(10),
    ),  # fmt: skip
    "transposed": lambda: classifier(
        layers.Conv2D(4, 4, strides=4), layers.Conv2DTranspose(3, 3, strides=2, padding="same"),
        layers.Conv2DTranspose(2, 5, strides=2), layers.Conv2DTranspose(2, 2, strides=3, padding="same"),
    ),  # fmt: skip
}  # fmt: skip


@pytest.fixture(autouse=True)
def same_weights_each_time():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="module")
def images():
    """The first 200 test images."""
    return load_fashion_mnist().test.images[:200]


@pytest.fixture(scope="module")
def page():
    with browse.open_browser() as browser:
        page = browser.new_page()
        for name in SCRIPTS:
            page.add_script_tag(path=ROOT / "book" / "_static" / name)
        yield page


def in_browser(page, text, images):
    found = page.evaluate(RUN, [text, images.reshape(len(images), -1).astype(float).tolist()])
    return found if isinstance(found, str) else np.array(found).reshape(len(images), -1)


def in_keras(network, images):
    return network.predict(images.reshape(-1, *network.input_shape[1:]), verbose=0).reshape(len(images), -1)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_browser_computes_what_keras_computes(page, images, name):
    network = NETWORKS[name]()
    images = images if name in ("simple", "regularised") else images[:20]
    text = live.as_text(network, name)
    assert np.abs(in_browser(page, text, images) - in_keras(network, images)).max() < 1e-4


@pytest.mark.parametrize("number", [0, 2, 4, 6, 9, 10, 13])
def test_a_changed_weight_is_seen(page, images, number):
    """In each layer that has any: the comparison above is not blind to it. (Some weights lead to units that are silent.)"""
    network = NETWORKS["simple"]()
    expected = in_keras(network, images[:5])
    first, *others = network.layers[number].get_weights()
    differences = []
    for place in np.random.default_rng(0).integers(first.size, size=4):
        changed = first.copy()
        changed.flat[place] += 1
        network.layers[number].set_weights([changed, *others])
        found = in_browser(page, live.as_text(network, "changed"), images[:5])
        differences.append(np.abs(found - expected).max())
    assert max(differences) > 1e-4


def test_packed_weights_are_those_that_keras_gets_back(page, images):
    network = NETWORKS["simple"]()
    ours = in_browser(page, live.as_text(network, "simple", packed=True), images[:20])
    assert np.abs(ours - in_keras(live.rounded(network), images[:20])).max() < 1e-4
    assert 1e-4 < np.abs(ours - in_keras(network, images[:20])).max() < 0.02
    assert len(live.as_text(network, "simple", packed=True)) < 0.4 * len(live.as_text(network, "simple"))


def test_every_layer_gives_what_it_gives_in_keras(page, images):
    network = NETWORKS["simple"]()
    steps = page.evaluate(
        """([text, image]) => liveKernels.run(liveNetworks.read(text), Float32Array.from(image)).map(({ values }) => [...values])""",
        [live.as_text(network, "simple"), images[0].ravel().astype(float).tolist()],
    )
    values, kept = images[:1, ..., None], [layer for layer in network.layers if not isinstance(layer, layers.Dropout)]
    assert len(steps) == len(kept)
    for layer, found in zip(kept, steps):
        values = layer(values, training=False)
        assert np.abs(np.ravel(values) - found).max() < 1e-4, layer.name


@pytest.mark.parametrize(("layer", "place"), [(0, (0, 27, 3)), (4, (13, 5, 40)), (9, (0, 0, 7))])
def test_one_sum_taken_apart_adds_up_to_the_number_in_the_map(page, images, layer, place):
    text = live.as_text(NETWORKS["simple"](), "simple")
    total, found, numbers = page.evaluate(
        """([text, image, at, place]) => {
            const network = liveNetworks.read(text);
            const first = { shape: network.input, values: Float32Array.from(image) };
            const steps = [first, ...liveKernels.run(network, first.values)];
            const sum = liveKernels.oneSum(network.layers[at], steps[at], place);
            const total = sum.channels.reduce((all, each) => all + liveKernels.sumOf(each), sum.bias);
            const shape = network.layers[at].output;
            const [y, x, channel] = place;
            const index = shape.length === 3 ? (y * shape[1] + x) * shape[2] + channel : channel;
            return [total, steps[at + 1].values[index], sum.channels[0].numbers.length];
        }""",
        [text, images[0].ravel().astype(float).tolist(), layer, list(place)],
    )
    assert total == pytest.approx(found, abs=1e-5)
    assert numbers == (3136 if layer == 9 else 9)


def test_a_reader_exports_a_network_with_softmax_and_the_page_gets_scores(page, images, tmp_path):
    network = sequential(layers.Flatten(), layers.Dense(10, activation="softmax"))
    path = live.export_network(network, tmp_path / "mine.network")
    scores = in_browser(page, path.read_text(), images[:5])
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    assert np.abs(powers / powers.sum(axis=1, keepdims=True) - in_keras(network, images[:5])).max() < 1e-5
    assert [each.name for each in tmp_path.iterdir()] == ["mine.network"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda: classifier(layers.SeparableConv2D(4, 3)), r"Layer separable_conv2d\w* \(SeparableConv2D\) is not among"),
        (lambda: classifier(layers.Conv2D(4, 3, dilation_rate=2)), r"has dilation_rate=\(2, 2\); the page can run dil.*\(1, 1\)"),
        (lambda: classifier(layers.Conv2D(4, 3, activation="elu")), "has the activation elu; the page can run linear, relu"),
        (lambda: classifier(layers.ReLU(6)), "has max_value=6.*; the page can run max_value=None"),
        (lambda: sequential(layers.Dense(10)), r"takes maps of shape \(28, 28, 1\); put a Flatten before it"),
        (lambda: sequential(layers.Flatten(), layers.Dense(7)), "gives 7 numbers; expected 10, a score for each class"),
        (lambda: sequential(layers.Flatten(), layers.Dense(10, activation="sigmoid")), "ends in sigmoid; .*from_logits"),
        (lambda: classifier(layers.Conv2D(4, 3), shape=(32, 32, 3)), r"input of shape \(32, 32, 3\); expected 784 pixels"),
        (lambda: keras.Sequential([layers.Dense(10)]), r"no weights yet. Begin it with keras.layers.Input"),
        (lambda: keras.Model(x := layers.Input((28, 28)), layers.Dense(10)(layers.Flatten()(x))), "expected a keras.Sequential"),
    ],
)  # fmt: skip
def test_what_the_page_cannot_run_is_refused_by_name(network, message, tmp_path):
    with pytest.raises(live.CannotRun, match=message):
        live.export_network(network(), tmp_path / "mine.network")
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_no_numbers_and_a_missing_folder_are_named(tmp_path):
    network = classifier()
    with pytest.raises(FileNotFoundError, match="There is no folder .*nowhere. Make it first"):
        live.export_network(network, tmp_path / "nowhere" / "mine.network")
    network.layers[-1].set_weights([np.full((784, 10), np.nan), np.zeros(10)])
    with pytest.raises(live.CannotRun, match="infinite or not a number.*lower learning rate"):
        live.export_network(network, tmp_path / "mine.network")


def resealed(text, old, new):
    """Changed by somebody who mends the checksum, too."""
    content = text.split("\n", 1)[1]
    assert old in content
    return live.sealed(content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[:-40], "The file is damaged: its checksum is [0-9a-f]{8}, the first line says"),
        (lambda text: text.replace("float32 ", "float32 B", 1), "The file is damaged"),
        (lambda text: "hello", "holds no network of the course. Write one with helpers.live.export_network"),
        (lambda text: text.replace("network 1 ", "network 9 ", 1), "has the format .*network 9.; this page reads"),
        (lambda text: resealed(text, '"kind":"conv"', '"kind":"wave"'), "Layer 1, conv2d.*, is of the kind .wave., which"),
        (lambda text: resealed(text, "[3,3,1,32]", "[3,3,2,32]"), "has a kernel of shape 3 × 3 × 2 × 32; expected 3 × 3 × 1 × 32"),
        (lambda text: resealed(text, "[28,28,32]", "[28,28,31]"), "is said to give 28 × 28 × 31 numbers, which cannot be"),
        (lambda text: resealed(text, '"input":[28,28,1]', '"input":[32,32,3]'), "takes 32 × 32 × 3 numbers; expected 28 × 28"),
        (lambda text: resealed(text, "float32 ", "float64 "), "begins with .float64.; expected float32 or int12"),
        (lambda text: text.rsplit("\n", 1)[0], "The file is damaged"),
        (lambda text: live.sealed(text.split("\n", 1)[1].rsplit("\n", 1)[0]), "expected float32 or int12"),
    ],
)  # fmt: skip
def test_a_file_that_is_damaged_or_changed_is_refused_in_words(page, images, spoil, message):
    found = in_browser(page, spoil(live.as_text(NETWORKS["simple"](), "simple")), images[:1])
    assert isinstance(found, str) and re.search(message, found), found


def test_both_sides_compute_the_same_checksum(page):
    text = live.as_text(classifier(), "x")
    ours = page.evaluate("text => liveNetworks.crc32(text)", text.split("\n", 1)[1])
    assert text.startswith(f"{live.FORMAT} crc32 {ours}\n")
