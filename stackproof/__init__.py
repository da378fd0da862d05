"""stackproof: prove that an AWS stack meets its documented conditions, before and after it is deployed."""

__version__ = "0.1.0"
