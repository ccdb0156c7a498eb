"""Who may call a method, as the contract says it."""

from google.protobuf.descriptor import MethodDescriptor

from chancery.v1 import access_pb2


def roles_of(method: MethodDescriptor) -> frozenset[str]:
    """The names of the roles of which a caller needs one; empty if everybody may call.

    :raises ValueError: the contract does not say who may call the method.
    """
    options = method.GetOptions()
    if not options.HasExtension(access_pb2.access):
        raise ValueError(f"the contract does not say who may call {method.full_name}")
    return frozenset(map(access_pb2.Role.Name, options.Extensions[access_pb2.access].roles))
