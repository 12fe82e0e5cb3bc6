"""`explain`: what a text shows and what it does not, and never a tick for the opposite."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from torch_judge import explain
from torch_judge.bank import find_bank
from torch_judge.bank.lessons import find_lessons, load
from torch_judge.cli.main import main
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.study.clauses import clauses
from torch_judge.study.explain import chosen, explained, explained_html, prompts_of
from torch_judge.study.parts import explain_faults
from torch_judge.study.prompts import Answer, prompts
from torch_judge.study.wording import one_slip

LESSONS = find_lessons(find_bank())
WRITTEN = [
    pytest.param(lesson, prompt, answer, id=f"{lesson.topic}-{prompt.name}-{answer.label}")
    for lesson in LESSONS.lessons()
    if lesson.has("explain.md")
    for prompt in prompts_of(lesson)
    for answer in prompt.answers
]

# One thing that is wrong in each line: what is ticked beside it must be true.
OPPOSITES = {
    "learning": """
        Batch norm does not make the features have zero mean.
        It makes the mean one and the variance zero.
        Normalising the features is exactly what it avoids.
        The activations are no longer normalised.
        It is a myth that it normalises the activations.
        It stops the features from being normalised.
        Training becomes less fast.
        Training is anything but fast.
        It would be wrong to say that training gets faster.
        You must use smaller learning rates instead of larger ones.
        Larger learning rates make the training with it diverge, so they cannot be used.
        It requires more steps rather than fewer steps.
        It increases internal covariate shift.
        It fails to reduce internal covariate shift.
        The distribution of the inputs is far from stable.
        It destabilises the inputs of the next layer.
        It makes gradients explode.
        It does not prevent vanishing gradients.
        Vanishing gradients get worse.
        It makes the network more sensitive to initialisation.
        The network is not insensitive to the initial weights.
        It promotes overfitting.
        Overfitting gets stronger.
        Unlike dropout, it does not regularise.
        The noise in the batch statistics causes overfitting.
        Does it normalise the activations? Does training get faster?
        I doubt that it makes training faster, or that it stabilises the inputs.
        Without batch norm the training is faster.
        Training gets faster if you remove it.
        The network learns faster when you leave it out.
        Some people say it speeds up training. They are wrong.
        With it, activations drift more and more.
        """,
    "modes": """
        In training it uses the running mean, in evaluation the batch mean.
        While training, running averages are used; while evaluating, batch averages.
        eval() makes the layer use batch statistics; train() makes it use running statistics.
        Running statistics are for training, batch statistics are for testing.
        During evaluation the layer normalises with the mean of the batch.
        In evaluation, contrary to training, the batch statistics count.
        The running averages are updated in eval mode.
        The running averages are not updated during training.
        Nobody updates the running averages while training.
        In evaluation the running statistics are ignored.
        In evaluation, the running statistics are reset.
        In eval, predictions depend on the other rows in the batch.
        In evaluation one row alone raises an error.
        It is not true that training uses batch statistics.
        In training mode it never looks at the batch.
        The running statistics are collected in evaluation and used in training.
        In evaluation mode the outputs are not deterministic.
        """,
    "row": """
        It normalises each feature over the batch.
        The mean is taken across the rows.
        Each row is not normalised with its own mean.
        It never uses the statistics of one row.
        The result depends on the other rows.
        It needs a large batch.
        It does not work with a single example.
        It is not independent of the batch.
        Its output is influenced by the other examples.
        It differs between training and evaluation.
        It is not the same in training and evaluation.
        Training and evaluation give different results.
        There is a difference between training and inference.
        It keeps running statistics.
        It remembers the mean of the batches.
        It does need running averages.
        It stores a moving mean instead of forgetting it.
        It is not stateless.
        A batch of one raises an error.
        It would be false to say that it is the same in both modes.
        The statistics of each row are ignored.
        Nothing is normalised in each row.
        How does layer normalisation work without a batch
        Is it the same in training and in evaluation?
        """,
    "loss": """
        The scores do not become probabilities.
        Softmax leaves the scores as they are.
        It takes the log of the probability of the wrong class.
        It never looks at the right class.
        It ignores the probability of the correct class.
        Confident mistakes cost little.
        A confident mistake is not punished.
        Being sure and wrong gives a small loss.
        It punishes unsure answers heavily.
        The gradient is not the probability minus the target.
        It lowers the right score and raises the others.
        The right score falls and the others rise.
        It prevents the scores from becoming probabilities.
        Nobody turns the logits into probabilities.
        Does it turn scores into probabilities?
        It is a myth that confident mistakes are penalised heavily.
        The loss is the probability of the largest class.
        The scores are turned into classes instead of probabilities.
        The sum of the probabilities is not 1.
        """,
    "adam": """
        It does not average the gradients.
        It keeps no average of the gradients.
        It forgets the mean of the gradients.
        It never looks at the average of the squared gradients.
        All weights share the same learning rate.
        It uses one step size for all parameters.
        It divides the step size by ten in every epoch.
        It adjusts the learning rate in the early steps.
        Each weight does not get its own step size.
        No weight has a learning rate of its own.
        It multiplies by the root of the squares instead of dividing.
        The step depends on the scale of the gradients.
        The size of the gradients matters.
        There is no bias correction.
        The averages are never corrected at the start.
        It ignores the bias of the averages.
        Does each weight get its own step size?
        It is a myth that the bias is corrected.
        Adam chooses the size of the step
        The learning rate is divided by ten after each epoch.
        It prevents each weight from having its own learning rate.
        """,
    "momentum": """
        It does not remember the past gradients.
        It forgets the previous gradients.
        It only uses the current gradient instead of the past gradients.
        It has no memory of earlier gradients.
        The steps become shorter where the gradients agree.
        It slows down convergence.
        It is not faster on a flat floor.
        The steps do not grow when the gradients have the same sign.
        The gradients do not cancel when their sign alternates.
        It causes oscillations.
        It increases the zigzag.
        There is more noise with it.
        It never overshoots.
        It does not run past the minimum.
        It needs a larger learning rate.
        The learning rate gets smaller in the last steps.
        A learning rate that is ten times larger needs heavy clipping.
        Does it speed up convergence?
        It is wrong that it damps oscillations.
        Momentum does gradient descent
        It prevents the steps from growing longer in the same direction.
        """,
    "gradients": """
        Autograd does not record the steps in a graph.
        No operation is recorded.
        The graph is not built during the forward pass.
        Nobody keeps track of the operations.
        It forgets each step at once and has no graph.
        It goes from the inputs to the loss.
        backward() starts at the leaves and walks to the loss.
        It does not use the chain rule.
        The chain rule is not needed.
        The slopes are not multiplied on the way back.
        Leaves do not keep their gradients.
        Intermediate results keep their gradients, leaves pass them on.
        Non-leaf tensors store the gradient.
        A new gradient replaces the old one in .grad.
        Gradients are not accumulated.
        Each backward overwrites the gradient.
        You do not have to clear the gradients before each step.
        The same graph can be used again and again.
        The graph is never freed.
        Does it record each operation in a graph?
        It is a myth that gradients add up.
        It reads the source code and derives a formula.
        """,
    "cutting": """
        no_grad cuts one tensor off from its history.
        Detach turns off the recording for everything in a block.
        Detach does not cut the history.
        A gradient flows back through detach.
        detach() gives a copy with its own memory.
        The detached tensor does not share the memory.
        After detach, a change in place does not show in the original.
        no_grad records everything.
        Inside of no_grad the graph is built as usual.
        no_grad does not stop the recording.
        With inference_mode every step is recorded.
        A tensor from inference_mode can be used in a graph later.
        inference_mode is less strict than no_grad.
        inference_mode is not stricter.
        no_grad does nothing to the graph.
        Detach is stricter than inference_mode.
        With no_grad the graph is recorded but not used.
        Is the recording off inside of no_grad?
        """,
    "order": """
        It knows where each token stands.
        It does not see a set of tokens, it sees a sequence.
        Shuffling the tokens changes the outputs, so they are not the same.
        The order of the words has no influence on the meaning.
        The meaning stays the same in any order.
        Without positions it still knows the order.
        The scores compare the positions of the tokens.
        The scores do not depend on the content.
        Positional encodings should never be added.
        The queries and keys are not rotated.
        Does it treat the words as a set?
        """,
    "places": """
        A relative position is a vector for each place.
        An absolute position depends only on the distance.
        RoPE rotates the values.
        RoPE adds a rotation vector to the embedding.
        RoPE does not turn the queries.
        ALiBi adds more score to tokens far away.
        ALiBi does not subtract the distance.
        A learned table never ends.
        Learned tables extrapolate well to longer texts.
        Longer texts do not work with ALiBi.
        The scores depend on the place and not on the distance.
        """,
    "result": """
        The queries are not compared with the keys.
        The scores are not divided by the root of the width.
        The scores are multiplied by the root of the width.
        The softmax runs over the queries.
        The weights do not sum to 1.
        The result is the mean of the keys.
        It never mixes the values.
        Is the result a weighted mean of the values?
        """,
    "mask": """
        A mask does not hide keys.
        It is applied after the softmax.
        The weight of a hidden key is not zero.
        A causal mask lets a token see the future.
        Tokens see later tokens.
        The padding is not hidden.
        Does it hide the padding?
        It hides the future. That is wrong.
        """,
}
TOPICS = {"learning": "batchnorm", "modes": "batchnorm", "row": "layernorm", "loss": "softmax"}
TOPICS |= {"adam": "optimisers", "momentum": "optimisers", "gradients": "autograd", "cutting": "autograd"}
TOPICS |= {"order": "positions", "places": "positions"}
TOPICS |= {"result": "attention", "mask": "attention"}


RIGHT = [
    ("learning", "It rescales every activation so the mean is zero and the standard deviation is one.", {1}),
    ("learning", "It centers and scales the outputs of a layer.", {1}),
    ("learning", "After it every column has average 0 and spread 1.", {1}),
    ("learning", "It reduces the internal covariate shift.", {2}),
    ("learning", "There is no drift of the activations anymore.", {2}),
    ("learning", "It lets you use a higher learning rate.", {3}),
    ("learning", "Trainning convergs faster.", {3}),
    ("learning", "It helps gradients flow so they neither vanish nor explode.", {4}),
    ("learning", "The network is less sensitive to how the weights are initialized.", {4}),
    ("learning", "It reduces overfitting because of the noise in each mini-batch.", {5}),
    ("modes", "During training: mean and variance of the mini-batch. During inference: the running ones.", {1, 3}),
    ("modes", "In train mode mean/var come from the batch, in eval mode from the running buffers.", {1, 3}),
    ("modes", "In training it uses batch statistics, not the running ones.", {1}),
    ("modes", "In evaluation it uses the running averages that were collected during training.", {2, 3}),
    ("modes", "It tracks a moving average of the mean and variance while training.", {2}),
    ("modes", "In eval mode, results no longer depend on who else is in the batch.", {4}),
    ("row", "It computes mean and variance per example, along the last dimension.", {1}),
    ("row", "It doesn't care about the batch size.", {2}),
    ("row", "Train and test behave identically.", {3}),
    ("row", "It has no running mean or variance.", {4}),
    ("loss", "The exponentials of the scores are divided by their sum.", {1}),
    ("loss", "It makes a probability distribution out of the logits.", {1}),
    ("loss", "It measures how surprised the model is by the right answer.", {2}),
    ("loss", "The less probable the right class, the higher the loss.", {3}),
    ("loss", "It pushes the correct logit up and the others down.", {4}),
    ("adam", "It tracks the mean of the gradient and the mean of its square.", {1, 2}),
    ("adam", "Each parameter has a learning rate of its own.", {3}),
    ("adam", "Its steps do not depend on the magnitude of the gradients.", {3}),
    ("adam", "Since the averages start at zero, they are corrected in the first steps.", {4}),
    ("adam", "It divides the averaged gradient by the square root of the averaged squares.", {1, 2, 3}),
    ("adam", "SGD uses the same learning rate for all weights. Here each weight has its own step size.", {3}),
    ("momentum", "It accumulates a velocity.", {1}),
    ("momentum", "Plain SGD is slow on a flat floor. With a velocity it accelerates on flat ground.", {1, 2}),
    ("momentum", "Steps in a consistent direction get longer.", {2}),
    ("momentum", "It dampens oscillations and speeds up convergence.", {2, 3}),
    ("momentum", "It may overshoot the minimum.", {4}),
    ("momentum", "Opposing gradients on the two sides of a valley cancel each other.", {3}),
    ("gradients", "It builds a graph of all operations.", {1}),
    ("gradients", "Every computation becomes a node.", {1}),
    ("gradients", "It then propagates the error from the loss back to the weights.", {2}),
    ("gradients", "It multiplies local derivatives along the way back.", {2}),
    ("gradients", "Only leaf tensors keep their gradient.", {3}),
    ("gradients", "Intermediate tensors don't store a gradient.", {3}),
    ("gradients", "Parameters accumulate their gradient in the grad attribute.", {3, 4}),
    ("gradients", "Weights keep their values until the optimiser is called.", set()),
    ("gradients", "Gradients accumulate, they are not replaced.", {4}),
    ("gradients", "You need to zero the gradients at every iteration.", {4}),
    ("gradients", "You can't go back twice through the graph.", {5}),
    ("gradients", "The graph is destroyed after the backward pass.", {5}),
    ("cutting", "detach() makes a constant out of a tensor.", {1}),
    ("cutting", "After detach, no gradient flows back.", {1}),
    ("cutting", "A detached tensor uses the same memory as the original.", {2}),
    ("cutting", "With no_grad, operations are not recorded.", {3}),
    ("cutting", "no_grad switches recording off for a whole block.", {3}),
    ("cutting", "no_grad disables gradient tracking in a block.", {3}),
    ("cutting", "inference_mode goes further than no_grad.", {4}),
    ("cutting", "Tensors made in inference mode cannot be saved for backward.", {4}),
    ("order", "It is blind to word order.", {1}),
    ("order", "Changing the word order changes the meaning of a sentence.", {2}),
    ("order", "The dot product of query and key depends on the content and not on the place.", {3}),
    ("order", "We rotate queries and keys by their position.", {4}),
    ("places", "Absolute encodings give every place its own vector.", {1}),
    ("places", "If the whole text is shifted, the scores stay the same.", {2}),
    ("places", "RoPE turns pairs of features, so the product depends on the offset.", {2, 3}),
    ("places", "ALiBi penalizes far keys with a slope.", {4}),
    ("places", "A learned table has no vector for places beyond its limit.", {5}),
    ("result", "A query is multiplied with all keys.", {1}),
    ("result", "The scores are scaled by the square root of d.", {2}),
    ("result", "Softmax turns the similarities into probabilities.", {3}),
    ("result", "The output is an average of the values.", {4}),
    ("mask", "Minus infinity is added to the scores before the softmax.", {2}),
    ("mask", "A token may not look at future tokens.", {1, 4}),
]


@pytest.mark.parametrize(("lesson", "prompt", "answer"), WRITTEN)
def test_every_answer_is_scored_as_its_author_says(lesson, prompt, answer: Answer) -> None:
    ticked = {number for number, one in enumerate(prompt.read(answer.text), start=1) if one.ticked}
    assert ticked == answer.shows


@pytest.mark.parametrize(
    ("name", "text"), [(name, line.strip()) for name, lines in OPPOSITES.items() for line in lines.strip().splitlines()]
)
def test_the_opposite_gets_no_tick(name: str, text: str) -> None:
    found = explained(LESSONS.get(TOPICS[name]), text, name)
    assert found.score == 0, [one for one in found.shown if one.ticked]


@pytest.mark.parametrize(("name", "text", "shows"), RIGHT)
def test_a_right_text_is_read(name: str, text: str, shows: set[int]) -> None:
    found = explained(LESSONS.get(TOPICS[name]), text, name)
    assert {number for number, one in enumerate(found.shown, start=1) if one.ticked} == shows


def test_a_text_that_says_both_gets_no_tick_and_is_told() -> None:
    found = explained(LESSONS.get("batchnorm"), "Training is faster with it. It also makes training slower.", 1)
    faster = found.shown[2]
    assert faster.by and faster.against and not faster.ticked
    assert "your text says the opposite: “training … slower”" in explained_html(found)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("In training, it runs, but it stops.", ["in training it runs", "it stops"]),
        ("It runs while training and stops.", ["it runs while training", "stops"]),
        ("It doesn't run. Does it?", ["it does not run"]),
        ("Averages collected during training help.", ["averages", "collected during training help"]),
        ("It uses A, not B, in training.", ["it uses a", "in training"]),
        ("It is fast. That is a lie.", []),
        ("I don't think that, in training, it runs.", ["i do not think that in training it runs"]),
        ("", []),
        ("???", []),
    ],
)
def test_clauses(text: str, parts: list[str]) -> None:
    assert [" ".join(word.text for word in clause.words) for clause in clauses(text)] == parts


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [("train", "train", True), ("train", "trian", True), ("train", "trin", True), ("train", "trainn", True)]
    + [("train", "brain", True), ("stable", "unstable", False), ("fast", "slow", False)],
)
def test_one_slip(one: str, other: str, near: bool) -> None:
    assert one_slip(one, other) is near


GOOD = """\
- topic: bn

## Why?
### it helps
It helps.
- help* | layer*
### answers
#### right: 1
It helps a layer.
"""


@pytest.mark.parametrize(
    ("was", "now", "line", "fact"),
    [
        ("## Why?\n", "## Why?\n- colour: on\n", 4, "`colour:` is unknown in a prompt"),
        ("## Why?\n", "## Why?\n- settings: on\n", 3, "no words have the name `@on`"),
        ("- topic: bn", "- topic", 1, "`topic` gives no words a name"),
        ("It helps.\n", "", 4, "`it helps` has no sentence that says it"),
        ("help* | layer*", "help* | ", 6, "`` has an empty place"),
        ("#### right: 1", "#### right: 2", 8, "`right: 2` does not say what the answer shows"),
        ("#### right: 1", "#### right", 8, "`right` does not say what the answer shows"),
        ("### it helps\nIt helps.\n- help* | layer*\n", "", 3, "this prompt has no concept"),
    ],
)
def test_a_broken_file_is_named_by_its_line(was: str, now: str, line: int, fact: str) -> None:
    source = GOOD.replace(was, now)
    if "no concept" in fact:
        source = source.replace(": 1", ": none")
    with pytest.raises(ProblemError) as caught:
        prompts(source, "e.md")
    assert str(caught.value).startswith(f"e.md:{line}: {fact}")


def test_the_audit_finds_what_is_misread_and_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "lessons" / "demo"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text("---\ntitle: Demo\nproblems:\n---\n")
    (folder / "explain.md").write_text(GOOD.replace("It helps a layer.", "It hinders."))
    faults = "\n".join(explain_faults(load(folder)))
    for part in (
        "explain.md:8: `it helps` is missed.",
        "has 1 answers; write at least 8",
        "at least three answers that show nothing",
    ):
        assert part in faults, faults


@pytest.mark.parametrize(
    ("prompt", "text", "fact"),
    [
        ("mods", "x", "The lesson `batchnorm` has no prompt `mods`. Did you mean `modes`?"),
        (3, "x", "There is 1 or `learning`, 2 or `modes`."),
        (0, "x", "no prompt `0`"),
        (1, "x" * 5001, "The text has 5,001 characters."),
    ],
)
def test_what_cannot_be_read_is_told(
    prompt: str | int, text: str, fact: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(JudgeError) as caught:
        explained(LESSONS.get("batchnorm"), text, prompt)
    assert fact in str(caught.value)


def test_in_code_and_in_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    explain("batchnorm", "In training it uses the batch statistics.", prompt="modes")
    assert "1 of 4: What is different" in capsys.readouterr().out
    explain("batchnorm")
    assert "2. What is different between training and evaluation? (4 concepts)" in capsys.readouterr().out
    explain("batchnrm", "x")
    assert "Did you mean `batchnorm`?" in capsys.readouterr().out.replace("batchnorm?", "`batchnorm`?").replace(
        "``", "`"
    )
    result = CliRunner().invoke(main, ["explain", "batchnorm", "-"], input="It trains faster.")
    assert result.exit_code == 0 and "1 of 5" in result.output
    assert CliRunner().invoke(main, ["explain", "batchnorm", "x", "--prompt", "9"]).exit_code == 2


def test_prompts_by_name_and_number() -> None:
    lesson = LESSONS.get("batchnorm")
    assert chosen(lesson, "2") is chosen(lesson, 2) is chosen(lesson, "modes")


WORDY = "in training not " + "statistics computed batch " * 14
LONG = [
    "mean batch row ",
    "not the running mean of a row, ",
    "in training, ",
    "(",
    "it. ",
    "that ",
    f"{WORDY}. ",
    WORDY,
]


@pytest.mark.parametrize("part", LONG)
def test_no_text_takes_long(part: str) -> None:
    text = f"not {part * 2000}"[:5000]
    start = time.process_time()
    for lesson in LESSONS.lessons():
        for prompt in prompts_of(lesson):
            prompt.read(text)
    assert time.process_time() - start < 10
