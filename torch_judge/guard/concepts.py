"""What a problem can forbid: one table that maps a concept to everything in torch that does it.

Patterns are globs over bare names. Lower-case ones match functions, Tensor methods, ATen operators and autograd nodes
(``NativeBatchNormBackward0`` reads as ``native_batch_norm``), a trailing underscore and a leading ``_foreach_`` apart;
capitalised ones match classes of `torch.nn` and `torch.distributions`. A concept names an operation and its neighbours
under other names, never a building block.
"""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

from torch_judge.errors import ProblemError

CONCEPTS: dict[str, str] = {
    "relu": """
        relu relu6 clamp clip _clip clamp_min clamp_max threshold leaky_relu elu celu selu hardtanh prelu
        _prelu_kernel rrelu* hardshrink softshrink gelu silu mish hardswish hardsigmoid
        softplus logsigmoid log_sigmoid log_sigmoid_forward glu
        *_relu *_relu_* *_relu6 _addmm_activation hardtanh_* elu_*
        ReLU* *ReLU Threshold ELU CELU SELU Hardtanh RReLU Hardshrink Softshrink GELU SiLU Mish Hardswish Softplus
        LogSigmoid GLU
        multi_margin_loss multilabel_margin_loss* MultiMarginLoss MultiLabelMarginLoss""",
    "softmax": """
        softmax _softmax safe_softmax _safe_softmax special_softmax _masked_softmax sparse_softmax _sparse_softmax
        softmin gumbel_softmax _nested_tensor_softmax_with_shape prepare_softmax_online
        Softmax SoftmaxTransform Softmax2d Softmin AdaptiveLogSoftmaxWithLoss""",
    "log_softmax": "log_softmax _log_softmax special_log_softmax _sparse_log_softmax LogSoftmax",
    "cross_entropy": """
        cross_entropy cross_entropy_loss linear_cross_entropy nll_loss nll_loss2d nll_loss_nd nll_loss*_forward
        _nll_loss* *linear_cross_entropy* kl_div *ctc_loss
        CrossEntropyLoss LinearCrossEntropyLoss NLLLoss NLLLoss2d KLDivLoss CTCLoss AdaptiveLogSoftmaxWithLoss
        *Categorical* Multinomial""",
    "linear": """
        linear linear_relu* qlinear* bilinear mkldnn_linear _mkl_linear _linear_pointwise* _trilinear
        fbgemm_linear* _mixed_dtypes_linear _sparse_semi_structured_linear _wrapped*_linear_*
        Linear LazyLinear NonDynamicallyQuantizableLinear Bilinear""",
    "convolution": """
        conv1d conv2d conv3d qconv* conv?d_* conv_transpose* conv_tbc convolution _convolution* *_convolution
        convolution_overrideable mkldnn_convolution* slow_conv* thnn_conv* _slow_conv* *_convolution_* *conv_depthwise*
        convolve correlate*
        Conv1d Conv2d Conv3d ConvTranspose* LazyConv*""",
    "batch_norm": """
        batch_norm *batch_norm?d* *_batch_norm *_batch_norm_* batch_norm_* _batch_norm_* *batch_norm_legit*
        BatchNorm* SyncBatchNorm LazyBatchNorm*""",
    "layer_norm": "layer_norm *_layer_norm *_layer_norm_* LayerNorm",
    "group_norm": "group_norm *_group_norm *_group_norm_* GroupNorm",
    "instance_norm": "instance_norm *_instance_norm InstanceNorm* LazyInstanceNorm*",
    "rms_norm": "rms_norm *_rms_norm *_rms_norm_* RMSNorm",
    "normalize": """
        normalize _normalize local_response_norm renorm weight_norm *_weight_norm *_weight_norm_*
        LocalResponseNorm CrossMapLRN2d""",
    "dropout": """
        dropout dropout1d dropout2d dropout3d *_dropout *_dropout_* alpha_dropout feature_dropout
        Dropout* AlphaDropout FeatureAlphaDropout rrelu rrelu_with_noise RReLU""",
    "embedding": """
        embedding embedding_bag embedding_renorm _embedding_bag* embedding_sparse_* embedding_dense_* *_embedding_bag_*
        Embedding EmbeddingBag""",
    "gelu": "gelu gelu_* *_gelu *_gelu_* _addmm_activation GELU",
    "kaiming": "kaiming_* xavier_* trunc_normal _no_grad_trunc_normal",
    "clip_grad": """
        clip_grad_norm clip_grad_value clip_grads_with_norm _clip_grads_with_norm get_total_norm _get_total_norm
        _get_grad_norm""",
    "attention": """
        attention_2? *math_attention* sdpa_dense* scaled_dot_product_* *_scaled_dot_product_* _flash_attention_*
        _efficient_attention_* _fused_sdp_choice
        _cudnn_attention_* _triton_*_attention flex_attention* varlen_attn* multi_head_attention_forward
        _sfdp_pattern_* _sfdp_replacement_*
        _native_multi_head_attention _transformer_encoder_layer_fwd
        MultiheadAttention Transformer*""",
    "adam": "adam adamw nadam radam *_adam adamax _fused_adam* _*_tensor_*adam* *Adam AdamW Adamax",
    # The others become SGD, some with momentum, by their arguments: RMSprop with alpha=1 and eps=1, …
    "sgd": """
        sgd _fused_sgd* _*_tensor_sgd SGD _FunctionalSGD
        rmsprop _*_tensor_rmsprop RMSprop _FunctionalRMSprop asgd _*_tensor_asgd ASGD
        adagrad _fused_adagrad* _*_tensor_adagrad Adagrad _FunctionalAdagrad
        adadelta _*_tensor_adadelta Adadelta _FunctionalAdadelta LBFGS""",
    "averaging": "swa_utils AveragedModel get_ema_* get_swa_* update_bn SWALR",
    "lr_scheduler": "lr_scheduler *LR LRScheduler CosineAnnealing*",
    "quantization": """
        quantize_per_* _quantize_per_* _dequantize_per_* *fake_quantize_* *_fake_quant dequantize* int_repr
        _make_per_*_quantized_tensor empty_quantized
        _empty_*affine_quantized *quantized_linear* quantized fbgemm_* _weight_int*pack_mm* _convert_weight_to_int4pack*
        *choose_qparams* _dyn_quant_* ao quantization quantized_decomposed quantizable qat""",
    "silu": "silu silu_* hardswish hardswish_* SiLU Hardswish",
    "bce": """
        binary_cross_entropy* soft_margin_loss* multilabel_margin_loss* multilabel_soft_margin_loss*
        BCE* SoftMarginLoss MultiLabel* Binomial""",
    # F.kl_div is right in some problems that ban torch's ready-made divergence of two distributions.
    "kl_div": "kl_div kl_divergence KLDivLoss",
    "distributions": "distributions kl_divergence",
    # Not torch.nn.utils.rnn, whose pad_sequence is no cell.
    "lstm": """
        lstm lstm_* *_lstm *_lstm_* gru gru_* *_gru *_gru_* rnn_* *_rnn *_rnn_*
        LSTM* GRU* RNN*""",
    "max_pool": "max_pool* *_max_pool* MaxPool* AdaptiveMaxPool* FractionalMaxPool*",
    "fuse_norm": """
        fuse_conv_bn* *_fuse_conv_bn* fuse_linear_bn* fuse_modules* fuse_known_modules fuse_fx fusion
        optimize_for_inference run_frozen_optimizations *conv_bn_eval* _jit_pass_fold* _jit_pass_optimize_f*
        ConvBn* LinearBn* _ConvBn* _LinearBn*""",
    # What makes derivatives. `requires_grad_`, `no_grad`, `vmap` and a Function of one's own make none.
    "autograd": """
        backward _backward *_backward *_backward_data *_backward_reduce *_backward_elemt *_backward_input
        *_backward_weights
        grad grad_and_value vjp jvp vhp hvp jacobian jacrev jacfwd hessian linearize make_dual _make_dual* dual_level
        *_numerical_j* *_numerical_vj* gradcheck gradgradcheck _gradcheck* _slow_gradcheck _fast_gradcheck
        run_backward _engine_run_backward _autograd_grad
        jax tensorflow""",
    "clustering": "sklearn scipy KMeans MiniBatchKMeans k_means kmeans2 vq",
    "numpy": "numpy scipy sklearn from_numpy __array__",
}
"""Concept name to the patterns of the names that do it."""


LIBRARIES = ("torch", "numpy", "scipy", "sklearn", "jax", "tensorflow", "transformers")
"""Whose names count: elsewhere a name may mean anything."""

_BACKWARD = re.compile(r"_backward(_[a-z]+)?$")


class Matcher:
    """Answers whether a bare name does something forbidden."""

    def __init__(self, concepts: tuple[str, ...]) -> None:
        if unknown := [c for c in concepts if c not in CONCEPTS]:
            raise ProblemError(f"The forbidden concept `{unknown[0]}` is unknown.",
                               f"The concepts are {', '.join(CONCEPTS)}.")  # fmt: skip
        self.concepts = concepts
        patterns = [p for c in concepts for p in CONCEPTS[c].split()]
        # Tens of thousands of names are asked: one regex of all patterns would take ten times as long.
        literal = [p for p in patterns if "?" not in p]
        self._exact = frozenset(p for p in literal if "*" not in p)
        self._first = tuple(p[:-1] for p in literal if p.find("*") == len(p) - 1)
        self._last = tuple(p[1:] for p in literal if p.rfind("*") == 0)
        rest = [p for p in patterns if "?" in p or p.strip("*").count("*") or (p[0] == p[-1] == "*")]
        self._regex = re.compile("|".join(translate(p) for p in rest) or r"(?!)")
        self._known: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        """Whether the bare function, operator or class name ``name`` is forbidden, in place ("relu_") or not.

        The operator that computes its gradient ("gelu_backward") is the same thing.
        """
        if name not in self._known:
            bare = name.removeprefix("_foreach_")
            forms = {name, bare, bare.rstrip("_"), _BACKWARD.sub("", bare)}
            self._known[name] = any(self._matches(form) for form in forms)
        return self._known[name]

    def _matches(self, form: str) -> bool:
        if form in self._exact or form.startswith(self._first) or form.endswith(self._last):
            return True
        return self._regex.match(form) is not None


@lru_cache(maxsize=64)
def matcher(concepts: tuple[str, ...]) -> Matcher:
    """The matcher of a problem's forbidden concepts; raises ProblemError for an unknown one."""
    return Matcher(concepts)


def snake(name: str) -> str:
    """An autograd node's name as an operator's: ``NativeBatchNormBackward0`` is ``native_batch_norm``."""
    bare = re.sub(r"Backward\d*$", "", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", bare).lower()
