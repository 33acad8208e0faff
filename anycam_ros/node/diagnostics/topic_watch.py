# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why messages do not arrive: no publisher, another type, incompatible QoS.

All of it is read from the ROS graph, so that it can be asked at any time and from any thread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility

SILENCE_S = 1.0
"""After so long without an image the status says why."""


@dataclass(frozen=True)
class ExpectedTopic:
    """Describe a topic on which messages should arrive, and how to find it where none do."""

    topic: str                             # as the node names it, before it was remapped
    message_type: type
    noun: str
    source: str = 'the camera driver'      # what to start where nothing publishes it
    name_part: str = ''                    # what the name of another topic for it must contain
    transport_parameter: str = ''          # that chooses its type, if any
    transports: Mapping[str, tuple[type, str]] = field(default_factory=dict)   # value: type, topic


class TopicWatch:
    """Find out why nothing arrives on a topic that the node subscribes to."""

    def __init__(self, node: Node, expected: ExpectedTopic) -> None:
        """Watch the topic that the expected one is remapped to."""
        self._node, self._expected = node, expected
        self.topic_name = str(node.resolve_topic_name(expected.topic))
        self._type_name = _ros_name(expected.message_type)

    def why_silent(self) -> str:
        """Return why nothing arrives, and what to do about it."""
        publishers = self._node.get_publishers_info_by_topic(self.topic_name)
        if not publishers:
            return self._no_publisher()
        for publisher in publishers:
            if publisher.topic_type != self._type_name:
                return self._other_type(publisher.topic_type)
        mismatch = self._qos_mismatch(publishers)
        if mismatch:
            return (f'the publisher of {self.topic_name} and this node have incompatible QoS '
                    f'({mismatch}). Set qos_overrides.{self.topic_name}.subscription.* to what '
                    'the publisher offers.')
        return f'{self.topic_name} has a publisher, but no {self._expected.noun} arrives from it.'

    def _no_publisher(self) -> str:
        expected, type_name = self._expected, self._type_name
        others = [other for other in _topics_of_type(self._node, type_name)
                  if expected.name_part in other]
        if others:
            return (f'no publisher on {self.topic_name}; remap one of {", ".join(others)}: '
                    f'--ros-args -r {expected.topic}:={others[0]}.')
        parameter = expected.transport_parameter
        for value, (other_type, other_topic) in expected.transports.items():
            others = _topics_of_type(self._node, _ros_name(other_type))
            if others:
                return (f'no publisher on {self.topic_name}, and no topic carries '
                        f'{type_name}; {", ".join(others)} carries {_ros_name(other_type)}. Set '
                        f'{parameter} to {value!r} and remap {other_topic}: --ros-args '
                        f'-p {parameter}:={value} -r {other_topic}:={others[0]}.')
        named = f' with {expected.name_part!r} in its name' if expected.name_part else ''
        return (f'no publisher on {self.topic_name}, and no topic{named} carries '
                f'{type_name}. Start {expected.source}.')

    def _other_type(self, found: str) -> str:
        parameter = self._expected.transport_parameter
        way_out = f'Set {parameter}, or remap' if parameter else 'Remap'
        return (f'{self.topic_name} carries {found}, not {self._type_name}. {way_out} '
                f'{self._expected.topic} to another topic.')

    def _qos_mismatch(self, publishers: Iterable[Any]) -> str:
        """Return what one of the publishers does not offer; empty if they offer all."""
        own = _of_node(self._node,
                       self._node.get_subscriptions_info_by_topic(self.topic_name))
        return next(filter(None, (_mismatch(publisher, subscription)
                                  for publisher in publishers for subscription in own)), '')


def incompatible_subscriber(node: Node) -> str:
    """Return which subscription cannot take what the node publishes; empty if there is none."""
    for topic in sorted({publisher.topic_name for publisher in node.publishers}):
        own = _of_node(node, node.get_publishers_info_by_topic(topic))
        for subscription in node.get_subscriptions_info_by_topic(topic):
            mismatch = next(filter(None, (_mismatch(offer, subscription) for offer in own)), '')
            if mismatch:
                return (f'{subscription.node_name} receives no messages on {topic}: its '
                        f'subscription and this node have incompatible QoS ({mismatch}). Set '
                        f'qos_overrides.{topic}.publisher.* to what it asks for.')
    return ''


def _mismatch(publisher: Any, subscription: Any) -> str:  # noqa: ANN401
    """Return which QoS policies of two endpoints do not fit; empty if they do.

    Both as the middleware tells them: what was left to a default is comparable only there.
    """
    verdict, reason = qos_check_compatible(publisher.qos_profile, subscription.qos_profile)
    return str(reason) if verdict == QoSCompatibility.ERROR else ''


def _of_node(node: Node, endpoints: Iterable[Any]) -> list[Any]:
    """Return the endpoints that belong to the node."""
    own = (node.get_name(), node.get_namespace())
    return [endpoint for endpoint in endpoints
            if (endpoint.node_name, endpoint.node_namespace) == own]


def _topics_of_type(node: Node, type_name: str) -> list[str]:
    """Return the topics of the type that another node publishes."""
    own = (node.get_name(), node.get_namespace())
    return [topic for topic, types in node.get_topic_names_and_types() if type_name in types
            and any((publisher.node_name, publisher.node_namespace) != own
                    for publisher in node.get_publishers_info_by_topic(topic))]


def _ros_name(message_type: type) -> str:
    package, kind = message_type.__module__.split('.')[:2]
    return f'{package}/{kind}/{message_type.__name__}'
