"""Findings in the words of TensorFlow, where those of the catalogue speak of torch."""

from __future__ import annotations

from dataclasses import replace

from ganflow.loop_report import Finding

SENTENCES = {
    "never-cleared": "{player} is stepped again on a gradient that an earlier step has "
    "taken: nothing sets the sum back to zero, so gradients of all ticks add up.",
    "dead-penalty": "In the loss lies a derivative, taken at {line}, that this tape "
    "has not recorded: the loss gets a number, and no weight learns from it.",
    "left-in-eval": "{player} is trained on a call that it made without training=True: "
    "its batch norm uses stored statistics and its dropout is off.",
    "frozen-critic-moves": "{player} is not trainable in this call, and the call "
    "changes its state all the same (a spectral norm's vectors).",
    "wasted-weight-gradients": "This tape works out gradients of {player} that nobody "
    "takes: {share:.1%} of the FLOPs of a cycle.",
    "walks-into-generator": "This tape goes on into {player} and nobody takes what it "
    "works out there: {share:.1%} of the FLOPs of a cycle.",
    "wrong-weights": "This step moves {player} on the other player's loss.",
}
CURES = {
    "step-moves-nobody": "Ask the tape for the gradient of the loss of {player}, and "
    "hand it to this step.",
    "never-moved": "Ask the tape for the gradients of {player}, and hand them to the "
    "apply_gradients() of its optimizer.",
    "never-cleared": "Assign zeros to the sum after each step.",
    "other-loss-leftovers": "Assign zeros to the sum before the turn of {player}.",
    "wrong-weights": "Ask the tape for the gradient of each loss by the weights of its "
    "own player, and apply it to these.",
    "cut-in-own-turn": "Make the samples inside of the tape of {player}, and pass them "
    "on as they are: no tf.stop_gradient() or NumPy between.",
    "dead-penalty": "Call the critic and the inner tape's gradient() inside of the "
    "outer tape.",
    "dead-score": "Make this score inside of the tape, without tf.stop_gradient().",
    "frozen-critic-moves": "Call {player} with training=False here, or say to yourself "
    "that you want it.",
    "left-in-eval": "Call {player} with training=True in its own turn.",
    "stale-weight-copy": "Copy the weights after the step, or use the variables.",
    "clipped-while-scaled": "Hand the gradients to the LossScaleOptimizer as they are, "
    "and let its inner optimizer clip (clipnorm=, global_clipnorm=).",
    "average-without-buffers": "Average or copy {player}.weights, not only its "
    "trainable_variables.",
    "wasted-weight-gradients": "Record with tf.GradientTape(watch_accessed_variables="
    "False) and watch() only the player whose turn it is.",
    "walks-into-generator": "Let the tape of this turn watch() only the weights that "
    "it is asked for (watch_accessed_variables=False), or score "
    "tf.stop_gradient(samples).",
}


def in_tensorflow(finding: Finding) -> Finding:
    """Say a finding in the words of TensorFlow.

    Parameters
    ----------
    finding : Finding
        Of the catalogue.

    Returns
    -------
    Finding
    """
    sentence = SENTENCES.get(finding.id, "").format(**finding.facts)
    cure = CURES.get(finding.id, "").format(**finding.facts)
    return replace(
        finding, sentence=sentence or finding.sentence, cure=cure or finding.cure
    )
