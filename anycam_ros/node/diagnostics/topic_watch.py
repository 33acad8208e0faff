# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why no image arrives, nor what belongs to it; who hears nothing of what comes of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TYPE_CHECKING

from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility

if TYPE_CHECKING:
    from rclpy.subscription import Subscription

SILENCE_S = 1.0
"""So long without an image is worth a word."""


class ExpectedTopic(NamedTuple):
    """Describe what a subscription is for."""

    topic: str                             # as the node names it, before it was remapped
    noun: str = 'image'
    transport: str = 'image_transport'     # the parameter that chooses its type, if any
    in_name: str = ''                      # what the name of another topic for it must contain
    source: str = 'the camera driver'
    transports: Mapping[str, tuple[type, str]] = {}     # types and topics that could be chosen


def why_silent(node: Node, subscription: 'Subscription[Any]', wanted: ExpectedTopic) -> str:
    """Return why the subscription receives nothing, and what to do about it."""
    topic, type_name = subscription.topic_name, _ros_name(subscription.msg_type)
    publishers = node.get_publishers_info_by_topic(topic)
    if not publishers:
        others = [other for other in _topics_of_type(node, type_name) if wanted.in_name in other]
        if others:
            return (f'no publisher on {topic}; remap one of {", ".join(others)}: --ros-args '
                    f'-r {wanted.topic}:={others[0]}.')
        for value, (other_type, other_topic) in wanted.transports.items():
            others = _topics_of_type(node, _ros_name(other_type))
            if others:
                return (f'no publisher on {topic}, nor does any topic carry {type_name}; '
                        f'{", ".join(others)} carries {_ros_name(other_type)}. Set '
                        f'{wanted.transport} to {value!r} and remap {other_topic}: --ros-args '
                        f'-p {wanted.transport}:={value} -r {other_topic}:={others[0]}.')
        named = f" with '{wanted.in_name}' in its name" if wanted.in_name else ''
        return (f'no publisher on {topic}, nor does any topic{named} carry {type_name}. Start '
                f'{wanted.source}.')
    for publisher in publishers:
        if publisher.topic_type != type_name:
            way_out = f'Set {wanted.transport}, or remap' if wanted.transport else 'Remap'
            return (f'{topic} carries {publisher.topic_type}, not {type_name}. {way_out} '
                    f'{wanted.topic} to another topic.')
        verdict, reason = qos_check_compatible(publisher.qos_profile, subscription.qos_profile)
        if verdict == QoSCompatibility.ERROR:
            return (f'the publisher of {topic} and this node have incompatible QoS ({reason}). '
                    f'Set qos_overrides.{topic}.subscription.* to what the publisher offers.')
    return f'{topic} has a publisher, but no {wanted.noun} arrives from it.'


def incompatible_subscriber(node: Node) -> str:
    """Return which subscription cannot take what the node publishes; empty if there is none."""
    own = (node.get_name(), node.get_namespace())
    for topic in sorted({publisher.topic_name for publisher in node.publishers}):
        # As the middleware tells both: what was left to a default is comparable there only.
        offers = [publisher.qos_profile for publisher in node.get_publishers_info_by_topic(topic)
                  if (publisher.node_name, publisher.node_namespace) == own]
        for other in node.get_subscriptions_info_by_topic(topic):
            for offer in offers:
                verdict, reason = qos_check_compatible(offer, other.qos_profile)
                if verdict == QoSCompatibility.ERROR:
                    return (f'{other.node_name} hears nothing on {topic}: its subscription and '
                            f'this node have incompatible QoS ({reason}). Set '
                            f'qos_overrides.{topic}.publisher.* to what it asks for.')
    return ''


def _ros_name(message_type: type) -> str:
    package, kind = message_type.__module__.split('.')[:2]
    return f'{package}/{kind}/{message_type.__name__}'


def _topics_of_type(node: Node, type_name: str) -> list[str]:
    """Return the topics of the type that another node publishes."""
    own = (node.get_name(), node.get_namespace())
    return [topic for topic, types in node.get_topic_names_and_types() if type_name in types
            and any((publisher.node_name, publisher.node_namespace) != own
                    for publisher in node.get_publishers_info_by_topic(topic))]
