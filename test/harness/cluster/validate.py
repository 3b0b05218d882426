"""Reads a JSON array of objects on standard input and writes a JSON array with what the schemas have against each.

The argument is the Kubernetes version whose schemas count. Fields the schema does not know are mistakes.
"""
import functools
import json
import sys

import kubernetes_validate
from kubernetes_validate import utils

# A megabyte of definitions is read for every object otherwise.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)


def mistakes(thing, version):
    try:
        kubernetes_validate.validate(thing, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(str(step) for step in error.absolute_path)
        return ["%s: %s" % (where or "object", error.message)]
    except (utils.SchemaNotFoundError, utils.InvalidSchemaError) as error:
        return [error.message]
    return []


json.dump([mistakes(thing, sys.argv[1]) for thing in json.load(sys.stdin)], sys.stdout)
