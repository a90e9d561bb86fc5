from ganflow.cost import cost_of as cost_of
from ganflow.dynamics import eigenvalues as eigenvalues
from ganflow.dynamics import play as play
from ganflow.dynamics import tick_jacobian as tick_jacobian
from ganflow.loop_audit.block import audit as audit
from ganflow.losses import LOSSES as LOSSES
from ganflow.losses import gradient_penalty as gradient_penalty
from ganflow.losses import slopes as slopes
from ganflow.one_loss import one_pass as one_pass
from ganflow.one_loss import reverse_gradient as reverse_gradient
from ganflow.one_loss import single_loss as single_loss
from ganflow.records import Flow as Flow
from ganflow.schedule import ALTERNATING as ALTERNATING
from ganflow.schedule import SIMULTANEOUS as SIMULTANEOUS
from ganflow.schedule import Schedule as Schedule
from ganflow.schedule import critic_steps as critic_steps
from ganflow.sweeps import GameSetting as GameSetting
from ganflow.sweeps import GanSetting as GanSetting
from ganflow.sweeps import sweep as sweep
from ganflow.trace.flow import flow as flow
from ganflow.trace.flow import left_behind as left_behind
from ganflow.trace.watch import watch as watch
from ganflow.training import recipe as recipe
from ganflow.training import train as train

__version__: str
