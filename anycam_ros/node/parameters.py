# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS parameters, declared from the fields of the configuration dataclasses."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, fields, replace
from difflib import get_close_matches
import math
from typing import Any, TYPE_CHECKING, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node

from anycam_ros.errors import ConfigError
from anycam_ros.node.config import CHANGEABLE, NodeConfig
from anycam_ros.odometry import OdometryConfig
from anycam_ros.odometry.options import check, describe

if TYPE_CHECKING:
    from rclpy.parameter import Parameter

Config = TypeVar('Config')

FIELDS: dict[str, 'Field[Any]'] = {
    field.name: field for config in (NodeConfig, OdometryConfig) for field in fields(config)}
OF_UPDATER = 'diagnostic_updater.'      # which declares its parameters itself
OF_RCLPY = ('use_sim_time', 'start_type_description_service', 'qos_overrides.')
INT64 = range(-2**63, 2**63)


def withdraw_given(node: Node) -> dict[str, Any]:
    """Return the values that were given to the node, and undeclare their parameters.

    The node must have declared its parameters from overrides: in no other way does it learn of
    names that it does not know, such as typing errors.
    """
    given = {name: parameter.value
             for name, parameter in node.get_parameters_by_prefix('').items()
             if not name.startswith(OF_RCLPY)}
    for name in given:
        node.undeclare_parameter(name)
    return {name: value for name, value in given.items() if not name.startswith(OF_UPDATER)}


def declare(node: Node, given: Mapping[str, Any]) -> None:
    """Declare each field of the configuration as a parameter, with the given values.

    Raises ConfigError for a value of the wrong type or outside of its range.
    """
    for name, field in FIELDS.items():
        value = _plain(given.get(name, field.default))
        check(name, value, field)
        node.declare_parameter(name, _as_declared(value, field), _descriptor(field),
                               ignore_override=True)


def read(node: Node, config_type: type[Config]) -> Config:
    """Return the configuration that the parameters say.

    Raises ConfigError for values that do not fit each other.
    """
    return config_type(**{
        field.name: _as_declared(_plain(node.get_parameter(field.name).value), field)
        for field in fields(config_type)})  # type: ignore[arg-type]


def warn_of_unknown(node: Node, names: Iterable[str]) -> None:
    """Warn of parameters that were given to the node but that it does not have."""
    for name in names:
        if name in FIELDS:
            continue
        near = get_close_matches(name, FIELDS, n=1)
        hint = f'did you mean {near[0]}?' if near else f'known: {", ".join(sorted(FIELDS))}.'
        node.get_logger().warning(f'parameter {name} does not exist and is ignored; {hint}')


def refuse_or_replace(config: NodeConfig | None, parameters: 'Sequence[Parameter[Any]]'
                      ) -> tuple[NodeConfig | None, SetParametersResult]:
    """Return the configuration with the changed parameters, or as it was and the reason why.

    Before the node is configured, when there is no configuration, every parameter may change.
    """
    changed = {}
    try:
        for parameter in parameters:
            name = parameter.name
            if name not in FIELDS:
                continue
            value = _plain(parameter.value)
            check(name, value, FIELDS[name])
            if config is not None and name not in CHANGEABLE:
                raise ConfigError(
                    f'{name} is fixed while the node is configured; restart the node with it, or '
                    f'clean it up before. These may change: {", ".join(CHANGEABLE)}.')
            changed[name] = _as_declared(value, FIELDS[name])
        changed_config = None if config is None else replace(config, **changed)
        return changed_config, SetParametersResult(successful=True)
    except ConfigError as error:
        return config, SetParametersResult(successful=False, reason=str(error))


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return the value of a parameter as a configuration holds it."""
    return tuple(value) if isinstance(value, list | array) else value


def _as_declared(value: Any, field: 'Field[Any]') -> Any:  # noqa: ANN401
    """Return whole numbers as the floats that the field has."""
    if isinstance(field.default, tuple):
        return tuple(map(float, value))
    return float(value) if isinstance(field.default, float) else value


def _descriptor(field: 'Field[Any]') -> ParameterDescriptor:
    """Return meaning and range as `ros2 param describe` shows them."""
    described = describe(field)
    change = 'may change at run time' if field.name in CHANGEABLE else 'fixed at the start'
    # Typed by refuse_or_replace, whose refusals are clearer than those of rclpy.
    descriptor = ParameterDescriptor(
        description=described.description, dynamic_typing=True,
        additional_constraints=f'{described.allowed}; {change}')
    low, high = described.minimum, described.maximum
    if low is None and high is None:
        return descriptor
    if isinstance(field.default, int):
        descriptor.integer_range = [IntegerRange(
            from_value=INT64[0] if low is None else int(low),
            to_value=INT64[-1] if high is None else int(high))]
    else:
        descriptor.floating_point_range = [FloatingPointRange(
            from_value=-math.inf if low is None else float(low),
            to_value=math.inf if high is None else float(high))]
    return descriptor
