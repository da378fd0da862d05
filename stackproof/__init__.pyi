from stackproof.collections.registry import collection as collection
from stackproof.core.controls import control as control
from stackproof.resources import register as register

__version__: str
