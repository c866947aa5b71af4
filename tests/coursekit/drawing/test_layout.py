"""The layout: few crossings, nothing on top of anything else, the same picture every time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.drawing.layout import MAX_BENDS, Shape, arrange, assign_columns
from coursekit.drawing.scene import place

from .picture_geometry import boxes_of, crossings, cubic_g, faults, network


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """Random graphs: leaves, chains, forks, a node that feeds another twice, separate parts."""
    inputs: list[list[int]] = []
    for node in range(draw(st.integers(1, 25))):
        count = draw(st.sampled_from([0, 1, 2, 2, 3])) if node else 0
        inputs.append(
            draw(st.lists(st.integers(0, node - 1), min_size=count, max_size=count)) if count else []
        )
    return inputs


def test_the_cubic_has_no_crossing() -> None:
    assert arrange(cubic_g()).crossings == 0
    assert crossings(place(boxes_of(cubic_g()))) == 0


def test_a_network_of_28_nodes_has_as_few_crossings_as_graphviz_dot() -> None:
    graph = network(3, 4, 2)
    assert (len(graph), sum(map(len, graph))) == (28, 40)
    assert arrange(graph).crossings <= 36
    assert crossings(place(boxes_of(graph))) <= 36


@pytest.mark.parametrize("graph", [cubic_g(), network(3, 4, 2), network(2, 3, 3, 1)])
def test_nothing_overlaps_and_no_wire_runs_over_a_foreign_node(graph: list[list[int]]) -> None:
    assert list(faults(place(boxes_of(graph)))) == []


@given(graphs())
@settings(max_examples=80, deadline=None)
def test_nothing_overlaps_in_any_graph(graph: list[list[int]]) -> None:
    assert list(faults(place(boxes_of(graph)))) == []


@given(graphs())
@settings(max_examples=80, deadline=None)
def test_the_crossings_it_counts_are_those_one_sees(graph: list[list[int]]) -> None:
    scene = place(boxes_of(graph))
    assert crossings(scene) == scene.layout.crossings


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_every_wire_runs_to_the_right(graph: list[list[int]]) -> None:
    columns = assign_columns(graph)
    assert all(columns[feed] < columns[node] for node, feeds in enumerate(graph) for feed in feeds)


@given(graphs())
@settings(max_examples=50, deadline=None)
def test_the_same_graph_gives_the_same_layout(graph: list[list[int]]) -> None:
    assert arrange(graph) == arrange([list(feeds) for feeds in graph])


def test_neighbours_are_exchanged_where_sorting_alone_leaves_a_crossing() -> None:
    graph = [[], [], [], [], [1, 2], [0, 3], [2, 4], [1, 4], [2, 6], [7, 8], [3, 9], [7, 10]]
    assert arrange(graph).crossings == 0


def test_a_tree_has_no_crossing() -> None:
    tree: list[list[int]] = [[] for _ in range(16)]
    for start, count in ((0, 8), (16, 4), (24, 2), (28, 1)):
        tree += [[start + 2 * i, start + 2 * i + 1] for i in range(count)]
    assert arrange(tree).crossings == 0


def test_parameters_stand_beside_the_node_that_uses_them() -> None:
    # x feeds a chain of three gates; the parameter 4 is used by the last one only.
    assert assign_columns([[], [0], [1], [2], [], [3, 4]]) == [0, 1, 2, 3, 3, 4]


def test_a_small_tree_of_its_own_moves_along_with_its_user() -> None:
    # exp(b) is used late: b and exp(b) stand next to their user.
    assert assign_columns([[], [0], [1], [2], [], [4], [3, 5]]) == [0, 1, 2, 3, 2, 3, 4]


def test_a_node_that_feeds_another_twice_has_two_wires() -> None:
    scene = place(boxes_of([[], [0, 0]]))
    ends = [wire.path[-1][1] for wire in scene.wires]
    assert len(set(ends)) == 2
    assert ends[1] - ends[0] == 22
    assert scene.layout.crossings == 0


def test_wires_do_not_cross_just_to_reach_their_input() -> None:
    # The upper node is the second input: where the order does not matter, its wire still arrives on top.
    layout = arrange([[], [], [0], [1], [3, 2]])
    upper, lower = sorted((2, 3), key=lambda node: layout.heights[node])
    ports = dict(zip([3, 2], layout.ports[4], strict=True))
    assert ports[upper] == -11
    assert ports[lower] == 11


def test_where_the_order_matters_the_first_input_arrives_on_top() -> None:
    layout = arrange([[], [], [1, 0]], [Shape(), Shape(), Shape(ordered=True)])
    assert layout.ports[2] == [-11, 11]
    assert layout.heights[1] < layout.heights[0]
    assert layout.crossings == 0


def test_two_results_and_an_input_that_nobody_uses() -> None:
    scene = place(boxes_of([[], [], [], [0, 1], [0, 1]]))
    assert list(faults(scene)) == []
    assert scene.layout.columns == [0, 0, 0, 1, 1]


def test_an_empty_graph_is_an_empty_picture() -> None:
    layout = arrange([])
    assert (layout.columns, layout.heights, layout.crossings) == ([], [], 0)
    assert place(boxes_of([])).height > 0


def test_a_chain_as_deep_as_a_large_program_needs_no_recursion() -> None:
    chain = [[]] + [[node] for node in range(99_999)]
    assert assign_columns(chain)[-1] == 99_999
    deep = arrange(chain[:5_000])
    assert deep.columns[-1] == 4_999
    assert len(set(deep.heights)) == 1


def test_a_graph_too_large_to_be_drawn_is_refused_in_words() -> None:
    chain = [[]] + [[node] for node in range(99_999)]
    with pytest.raises(ValueError, match=r"100,000 nodes cannot be drawn node by node.*fold=False"):
        arrange(chain)


def test_too_many_bends_are_refused_in_words() -> None:
    everything_at_the_end = [[]] + [[node] for node in range(600)]
    everything_at_the_end.append(list(range(600)))
    with pytest.raises(ValueError, match=f"more than {MAX_BENDS:,} bends"):
        arrange(everything_at_the_end)


def test_nodes_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="node 0 comes before its inputs"):
        arrange([[1], []])
