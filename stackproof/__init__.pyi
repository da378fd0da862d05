from stackproof.collections.registry import collection as collection
from stackproof.collections.stack import of_own as of_own
from stackproof.core.controls import control as control
from stackproof.core.resource import Resource as Resource
from stackproof.core.resource import field as field
from stackproof.resources import register as register
from stackproof.sources.aws.facts import listed as listed
from stackproof.sources.aws.source import Reader as Reader
from stackproof.targets.base import Stage as Stage

__version__: str
