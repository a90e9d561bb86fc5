from ganflow.tf.audited_loop import audit as audit
from ganflow.tf.flow_table import flow as flow
from ganflow.tf.layers import OnePass as OnePass
from ganflow.tf.layers import SingleLoss as SingleLoss
from ganflow.tf.losses import KERAS_LOSSES as KERAS_LOSSES
from ganflow.tf.shared_backward import check_samples_apart as check_samples_apart
from ganflow.tf.shared_backward import one_pass_loss as one_pass_loss
from ganflow.tf.watched_step import watch as watch
