"""Many subgraphs to one supergraph: stage 5 of composition (Federation docs, "Composition Rules").

- ``merge``: the order of the steps.
- ``context``: what they share.
- ``types``: names, kinds, implemented interfaces, union members.
- ``fields_type``, ``input_type``, ``enum_type``: one merger per kind with members.
- ``shared_directives``, ``compose_directive``, ``composed_applications``, ``executable_directive``, ``contexts``: which
  directives there are.
- ``override``, ``sharing``, ``external``, ``interface_object``: the rules of resolving a field.
- ``arguments``, ``type_reference``, ``default_value``, ``description``, ``applied``,
  ``authorization``: the parts of an element.
- ``reserved_names``: what nothing of a subgraph can be called.
- ``join_field``, ``join_directive``, ``supergraph_text``: writing it down.
"""
