"""Which loss reaches whose parameters, as a picture that answers a tap."""

from ganflow.widgets.flow_picture.record import FlowPicture
from ganflow.widgets.flow_picture.recording import record_flow_picture
from ganflow.widgets.flow_picture.view import FlowPictureView, flow_picture

__all__ = ["FlowPicture", "FlowPictureView", "flow_picture", "record_flow_picture"]
