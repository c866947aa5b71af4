"""Graphs of networkx by value: nodes, edges and their attributes, in their order."""

from __future__ import annotations

from typing import Any

import networkx as nx

from autograder.wire_codec import Bad, Codec, NotPlain, register

__all__ = ["codec_of"]


def codec_of(kind: type) -> Codec | None:
    """No kinds of graphs beside the four: a view of a graph stays with the graph."""
    return None


def _parts(graph: Any) -> tuple[Any, ...]:
    # A subgraph has the type of a whole graph, and looks its nodes up in another one.
    if type(graph._node) is not dict or type(graph._adj) is not dict:
        raise NotPlain
    tables = graph.graph, graph._node, graph._adj
    return (*tables, graph._pred) if graph.is_directed() else tables


def _maker(kind: Any) -> Any:
    def make(attributes: Any, nodes: Any, edges: Any, edges_back: Any = None) -> Any:
        graph = kind()
        for table in (attributes, nodes, edges, edges_back or {}):
            if type(table) is not dict:
                raise Bad("a graph without its tables")
        backwards = edges_back if graph.is_directed() else edges
        if backwards is None or not nodes.keys() == edges.keys() == backwards.keys():
            raise Bad("a graph whose tables have other nodes")
        if not all(type(table) is dict for tables in (nodes, edges, backwards) for table in tables.values()):
            raise Bad("a graph without the attributes of its nodes")
        _check_edges(edges, backwards, many=graph.is_multigraph())
        _check_edges(backwards, edges, many=graph.is_multigraph())
        graph.graph, graph._node, graph._adj = attributes, nodes, edges
        if graph.is_directed():
            graph._pred = edges_back
        return graph

    return make


def _check_edges(edges: dict[Any, Any], back: dict[Any, Any], *, many: bool) -> None:
    """An edge leads to a node, and is there from its other end, too: the same table of attributes."""
    for start, ends in edges.items():
        for end, table in ends.items():
            if end not in back or back[end].get(start) is not table or type(table) is not dict:
                raise Bad("a graph with half an edge")
            if many and not all(type(attributes) is dict for attributes in table.values()):
                raise Bad("an edge without attributes")


for _kind in (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph):
    register(_kind, Codec(f"nx.{_kind.__name__}", _parts, _maker(_kind), alias=True))
