"""The public names and where they live, for type checkers and for loading each when it is used."""

from . import examples as examples
from . import nn as nn
from .checking import (
    check as check,
)
from .derivatives import (
    derivative_table as derivative_table,
)
from .drawing.plots import (
    show as show,
)
from .errors import (
    CheckFailed as CheckFailed,
)
from .errors import (
    CheckUnavailable as CheckUnavailable,
)
from .errors import (
    GateError as GateError,
)
from .errors import (
    NotANumberWarning as NotANumberWarning,
)
from .functions import (
    absolute as absolute,
)
from .functions import (
    accuracy as accuracy,
)
from .functions import (
    add as add,
)
from .functions import (
    binary_cross_entropy as binary_cross_entropy,
)
from .functions import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from .functions import (
    concatenate as concatenate,
)
from .functions import (
    cos as cos,
)
from .functions import (
    cot as cot,
)
from .functions import (
    cross_entropy as cross_entropy,
)
from .functions import (
    csc as csc,
)
from .functions import (
    divide as divide,
)
from .functions import (
    exp as exp,
)
from .functions import (
    gaussian_nll as gaussian_nll,
)
from .functions import (
    generalised_relu as generalised_relu,
)
from .functions import (
    hinge_loss as hinge_loss,
)
from .functions import (
    l1_loss as l1_loss,
)
from .functions import (
    l2_loss as l2_loss,
)
from .functions import (
    leaky_relu as leaky_relu,
)
from .functions import (
    log as log,
)
from .functions import (
    log_base as log_base,
)
from .functions import (
    log_softmax as log_softmax,
)
from .functions import (
    matmul as matmul,
)
from .functions import (
    max as max,
)
from .functions import (
    maximum as maximum,
)
from .functions import (
    maxout as maxout,
)
from .functions import (
    mean as mean,
)
from .functions import (
    minimum as minimum,
)
from .functions import (
    mixture_density_nll as mixture_density_nll,
)
from .functions import (
    multiply as multiply,
)
from .functions import (
    negate as negate,
)
from .functions import (
    norm_loss as norm_loss,
)
from .functions import (
    one_hot as one_hot,
)
from .functions import (
    power as power,
)
from .functions import (
    quadratic_loss as quadratic_loss,
)
from .functions import (
    reciprocal as reciprocal,
)
from .functions import (
    relu as relu,
)
from .functions import (
    reshape as reshape,
)
from .functions import (
    sec as sec,
)
from .functions import (
    sigmoid as sigmoid,
)
from .functions import (
    sign as sign,
)
from .functions import (
    sin as sin,
)
from .functions import (
    softmax as softmax,
)
from .functions import (
    softplus as softplus,
)
from .functions import (
    sqrt as sqrt,
)
from .functions import (
    step as step,
)
from .functions import (
    subtract as subtract,
)
from .functions import (
    sum as sum,
)
from .functions import (
    tan as tan,
)
from .functions import (
    tanh as tanh,
)
from .functions import (
    transpose as transpose,
)
from .functions import (
    two_class_nll as two_class_nll,
)
from .functions import (
    two_class_softmax as two_class_softmax,
)
from .functions import (
    where as where,
)
from .functions import (
    zero_one_loss as zero_one_loss,
)
from .gates import (
    AbsGate as AbsGate,
)
from .gates import (
    AddGate as AddGate,
)
from .gates import (
    BinaryCrossEntropyGate as BinaryCrossEntropyGate,
)
from .gates import (
    BinaryCrossEntropyWithLogitsGate as BinaryCrossEntropyWithLogitsGate,
)
from .gates import (
    ConcatenateGate as ConcatenateGate,
)
from .gates import (
    CosGate as CosGate,
)
from .gates import (
    CotGate as CotGate,
)
from .gates import (
    CscGate as CscGate,
)
from .gates import (
    DivideGate as DivideGate,
)
from .gates import (
    ExpGate as ExpGate,
)
from .gates import (
    Gate as Gate,
)
from .gates import (
    GaussianNLLGate as GaussianNLLGate,
)
from .gates import (
    GeneralisedReLUGate as GeneralisedReLUGate,
)
from .gates import (
    HingeLossGate as HingeLossGate,
)
from .gates import (
    IndexGate as IndexGate,
)
from .gates import (
    L1LossGate as L1LossGate,
)
from .gates import (
    L2LossGate as L2LossGate,
)
from .gates import (
    LeakyReLUGate as LeakyReLUGate,
)
from .gates import (
    LogBaseGate as LogBaseGate,
)
from .gates import (
    LogGate as LogGate,
)
from .gates import (
    LogSoftmaxGate as LogSoftmaxGate,
)
from .gates import (
    MatMulGate as MatMulGate,
)
from .gates import (
    MaxGate as MaxGate,
)
from .gates import (
    MaximumGate as MaximumGate,
)
from .gates import (
    MaxoutGate as MaxoutGate,
)
from .gates import (
    MeanGate as MeanGate,
)
from .gates import (
    MixtureDensityNLLGate as MixtureDensityNLLGate,
)
from .gates import (
    MultiplyGate as MultiplyGate,
)
from .gates import (
    NegateGate as NegateGate,
)
from .gates import (
    NormLossGate as NormLossGate,
)
from .gates import (
    PowerGate as PowerGate,
)
from .gates import (
    QuadraticLossGate as QuadraticLossGate,
)
from .gates import (
    ReciprocalGate as ReciprocalGate,
)
from .gates import (
    ReLUGate as ReLUGate,
)
from .gates import (
    ReshapeGate as ReshapeGate,
)
from .gates import (
    SecGate as SecGate,
)
from .gates import (
    SigmoidGate as SigmoidGate,
)
from .gates import (
    SignGate as SignGate,
)
from .gates import (
    SinGate as SinGate,
)
from .gates import (
    SoftmaxCrossEntropyGate as SoftmaxCrossEntropyGate,
)
from .gates import (
    SoftmaxGate as SoftmaxGate,
)
from .gates import (
    SoftplusGate as SoftplusGate,
)
from .gates import (
    SqrtGate as SqrtGate,
)
from .gates import (
    StepGate as StepGate,
)
from .gates import (
    SubtractGate as SubtractGate,
)
from .gates import (
    SumGate as SumGate,
)
from .gates import (
    TanGate as TanGate,
)
from .gates import (
    TanhGate as TanhGate,
)
from .gates import (
    TransposeGate as TransposeGate,
)
from .gates import (
    TwoClassGate as TwoClassGate,
)
from .gates import (
    TwoClassNLLGate as TwoClassNLLGate,
)
from .gates import (
    VariablePowerGate as VariablePowerGate,
)
from .gates import (
    WhereGate as WhereGate,
)
from .gradient_check import (
    GradientReport as GradientReport,
)
from .gradient_check import (
    check_gate as check_gate,
)
from .gradient_check import (
    check_gradient as check_gradient,
)
from .gradients import (
    gradient as gradient,
)
from .graph import (
    ComputationalGraph as ComputationalGraph,
)
from .matrices import (
    hessian as hessian,
)
from .matrices import (
    jacobian as jacobian,
)
from .matrices import (
    jvp as jvp,
)
from .matrices import (
    vjp as vjp,
)
from .narration import (
    Step as Step,
)
from .nn import (
    SGD as SGD,
)
from .nn import (
    Activation as Activation,
)
from .nn import (
    Adam as Adam,
)
from .nn import (
    Affine as Affine,
)
from .nn import (
    BatchNorm as BatchNorm,
)
from .nn import (
    Dataset as Dataset,
)
from .nn import (
    DenseConnection as DenseConnection,
)
from .nn import (
    Dropout as Dropout,
)
from .nn import (
    EarlyStopping as EarlyStopping,
)
from .nn import (
    GeneralisedReLU as GeneralisedReLU,
)
from .nn import (
    GradientAscent as GradientAscent,
)
from .nn import (
    GradientDescent as GradientDescent,
)
from .nn import (
    Highway as Highway,
)
from .nn import (
    History as History,
)
from .nn import (
    Layer as Layer,
)
from .nn import (
    LeakyReLU as LeakyReLU,
)
from .nn import (
    Maxout as Maxout,
)
from .nn import (
    Momentum as Momentum,
)
from .nn import (
    Nesterov as Nesterov,
)
from .nn import (
    Optimiser as Optimiser,
)
from .nn import (
    Parameter as Parameter,
)
from .nn import (
    ReLU as ReLU,
)
from .nn import (
    Residual as Residual,
)
from .nn import (
    RMSProp as RMSProp,
)
from .nn import (
    Sequential as Sequential,
)
from .nn import (
    Sigmoid as Sigmoid,
)
from .nn import (
    SoftAttention as SoftAttention,
)
from .nn import (
    Softmax as Softmax,
)
from .nn import (
    Softplus as Softplus,
)
from .nn import (
    Tanh as Tanh,
)
from .nn import (
    and_gate as and_gate,
)
from .nn import (
    circles as circles,
)
from .nn import (
    digits as digits,
)
from .nn import (
    fit as fit,
)
from .nn import (
    gaussians as gaussians,
)
from .nn import (
    l1_penalty as l1_penalty,
)
from .nn import (
    l2_penalty as l2_penalty,
)
from .nn import (
    minibatches as minibatches,
)
from .nn import (
    or_gate as or_gate,
)
from .nn import (
    quadrants as quadrants,
)
from .nn import (
    spirals as spirals,
)
from .nn import (
    train_test_split as train_test_split,
)
from .nn import (
    xor as xor,
)
from .variable import (
    Variable as Variable,
)
from .variable import (
    variables as variables,
)
from .widgets import (
    explore_activations as explore_activations,
)
from .widgets import (
    explore_descent as explore_descent,
)
from .widgets import (
    explore_finite_differences as explore_finite_differences,
)
from .widgets import (
    explore_linear_classifier as explore_linear_classifier,
)
from .widgets import (
    explore_losses as explore_losses,
)
from .widgets import (
    playground as playground,
)
from .widgets import (
    step_through as step_through,
)

__version__: str
