"""Homework 2: computational graphs, forward and backward, and what reuse saves."""

import numpy as np

from autograder.questions import Draw, Question, case

# ---- 1. an order in which everything is ready -----------------------------------------------------------

question = Question(
    "topological-order",
    "An order in which every node finds its inputs ready",
    points=3,
    asks="order = topological_order(reads)",
    public=[
        case(reads={"f": ["a", "z"], "x": [], "a": ["x", "y"], "y": [], "z": []}).gives(
            order=["x", "y", "a", "z", "f"]
        ),
        case(reads={"r": ["q", "s"], "q": ["s", "s"], "s": []}).gives(order=["s", "q", "r"]),
        case(
            reads={"r": ["v", "v"], "q": ["u", "w"], "v": [], "p": [], "w": ["v", "r"], "u": ["v", "p"]}
        ).gives(order=["v", "r", "p", "w", "u", "q"]),
    ],
    message="Which nodes have all they read in the list already? Of those, which is first in the dictionary?",
)


@question.reference
def topological_order(reads):
    order = []
    while len(order) < len(reads):
        for node in reads:
            if node not in order and all(read in order for read in reads[node]):
                order.append(node)
                break
    return order


def some_graph(draw: Draw, nodes: int):
    """Reads by node, in a mixed order; each node reads none or two of the earlier ones."""
    names = [f"n{number}" for number in range(nodes)]
    reads = {
        name: [names[draw.randrange(place)] for _ in range(2)] if place > 1 and draw.random() < 0.75 else []
        for place, name in enumerate(names)
    }
    mixed = list(names)
    draw.shuffle(mixed)
    return {name: reads[name] for name in mixed}


@question.hidden("other graphs", count=5)
def _(draw: Draw):
    """The order is right for the graphs shown and not for larger ones. Is it the rule of the question at each
    step: of all nodes that could come next, the first in the dictionary?"""
    return {"reads": some_graph(draw, draw.size(6, 10))}


@question.misconception
def as_listed(reads):
    """The dictionary may list a node before what it reads: its order is not yet an order in which one can
    calculate."""
    return list(reads)


@question.misconception
def backwards(reads):
    """This is the order of the way back, result first. Forward, a node comes after what it reads."""
    return topological_order(reads)[::-1]


@question.misconception
def one_input_is_enough(reads):
    """A gate can only run when all of its inputs are ready, not just one of them."""
    order = []
    while len(order) < len(reads):
        for node in reads:
            ready = not reads[node] or any(read in order for read in reads[node])
            if node not in order and ready:
                order.append(node)
                break
    return order


@question.misconception
def once_for_every_reader(reads):
    """Some nodes appear more than once: a node that two others read is still calculated once. Remember which
    nodes are in the list."""
    order = []

    def visit(node):
        for read in reads[node]:
            visit(read)
        order.append(node)

    read_by_somebody = {read for inputs in reads.values() for read in inputs}
    for node in reads:
        if node not in read_by_somebody:
            visit(node)
    return order


@question.misconception
def went_on_from_there(reads):
    """After a node was taken the search went on behind it. The node just taken may have made an earlier one
    ready: look through the dictionary from its beginning each time."""
    order = []
    while len(order) < len(reads):
        for node in reads:
            if node not in order and all(read in order for read in reads[node]):
                order.append(node)
    return order


@question.misconception
def depth_first(reads):
    """Every node comes after what it reads, so one could calculate in this order. But the rule asks for
    another one: a node does not wait until somebody needs it, its place in the dictionary decides."""
    order = []

    def visit(node):
        if node not in order:
            for read in reads[node]:
                visit(read)
            order.append(node)

    for node in reads:
        visit(node)
    return order


@question.misconception
def inputs_first(reads):
    """All inputs were put in front. The rule makes no difference between inputs and other nodes: a node that
    is ready comes before an input that stands behind it in the dictionary."""
    order = [node for node in reads if not reads[node]]
    while len(order) < len(reads):
        for node in reads:
            if node not in order and all(read in order for read in reads[node]):
                order.append(node)
                break
    return order


@question.misconception
def first_come_first_served(reads):
    """The nodes that became ready first were taken first, as from a queue. One could calculate in this order,
    but the rule asks for another one: the place in the dictionary decides, at each step anew."""
    order = []
    while len(order) < len(reads):
        ready = [node for node in reads if all(read in order for read in reads[node])]
        if not order:
            queue = list(ready)
        else:
            queue += [node for node in ready if node not in queue]
        order.append(queue[len(order)])
    return order


@question.misconception
def sorted_by_name(reads):
    """Of the nodes that are ready, the first in the alphabet was taken. What a node is called means nothing
    here: it is the order of the dictionary that counts."""
    return topological_order({node: reads[node] for node in sorted(reads)})


@question.misconception
def fewest_inputs_first(reads):
    """How many inputs a node has does not say when they are ready: two nodes with two inputs each may read
    each other's output."""
    return sorted(reads, key=lambda node: len(set(reads[node])))


@question.alternative
def with_a_list_of_the_waiting(reads):
    waiting, order, done = list(reads), [], set()
    while waiting:
        node = next(node for node in waiting if done.issuperset(reads[node]))
        waiting.remove(node)
        order.append(node)
        done.add(node)
    return order


@question.alternative
def with_the_keys_of_a_dictionary(reads):
    order = {}
    while len(order) < len(reads):
        order[next(node for node in reads if node not in order and order.keys() >= set(reads[node]))] = True
    return order.keys()


@question.alternative
def with_counts(reads):
    import heapq

    place = {node: number for number, node in enumerate(reads)}
    missing = {node: len(set(reads[node])) for node in reads}
    readers = {node: [other for other in reads if node in reads[other]] for node in reads}
    heap = [place[node] for node in reads if not missing[node]]
    heapq.heapify(heap)
    names, order = list(reads), []
    while heap:
        node = names[heapq.heappop(heap)]
        order.append(node)
        for reader in readers[node]:
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(heap, place[reader])
    return order


# ---- 2. forward -----------------------------------------------------------------------------------------

XY_PLUS_Z = {"a": ("*", "x", "y"), "f": ("+", "a", "z")}
S_S_PLUS_S = {"q": ("*", "s", "s"), "r": ("+", "q", "s")}
READ_TWICE = {"p": ("*", "x", "y"), "q": ("+", "p", "p"), "r": ("*", "q", "p")}


def some_calculation(draw: Draw, gates: int):
    """A graph of sums and products in a right order, and numbers for its inputs."""
    names = ["x", "y", "z"][: draw.size(1, 3)]
    inputs = {name: draw.number() for name in names}
    graph = {}
    for number in range(gates):
        # The newest node is read, so that nothing is left aside; the other one may be any.
        graph[f"u{number}"] = (draw.choice("+*"), names[-1], draw.choice(names))
        names.append(f"u{number}")
    return graph, inputs


question = Question(
    "graph-forward",
    "Forward through a graph",
    points=3,
    asks="values = forward(graph, inputs)",
    public=[
        case(graph=XY_PLUS_Z, inputs={"x": -3.0, "y": 5.0, "z": 4.0}).gives(
            values={"x": -3.0, "y": 5.0, "z": 4.0, "a": -15.0, "f": -11.0}
        ),
        case(graph=S_S_PLUS_S, inputs={"s": 2.0}).gives(values={"s": 2.0, "q": 4.0, "r": 6.0}),
    ],
    message="Begin with the inputs; then node by node: look up the values of the two nodes it reads.",
)


@question.reference
def forward(graph, inputs):
    values = dict(inputs)
    for node, (operation, first, second) in graph.items():
        if operation == "+":
            values[node] = values[first] + values[second]
        else:
            values[node] = values[first] * values[second]
    return values


@question.hidden("other graphs", count=5)
def _(draw: Draw):
    """The values are right for the graphs shown and not for others: does every node look up what it reads?"""
    graph, inputs = some_calculation(draw, draw.size(3, 6))
    return {"graph": graph, "inputs": inputs}


@question.misconception
def only_the_result(graph, inputs):
    """Backward will need the value of every node, not of the last one alone: return them all, by name."""
    return list(forward(graph, inputs).values())[-1]


@question.misconception
def without_the_inputs(graph, inputs):
    """The inputs are nodes too: backward will ask for their values. They are missing from what you return."""
    values = forward(graph, inputs)
    return {node: values[node] for node in graph}


@question.misconception
def inputs_changed(graph, inputs):
    """The values were written into the caller's own dictionary. Whoever called you still needs it: copy it
    first."""
    for node, (operation, first, second) in graph.items():
        one, other = inputs[first], inputs[second]
        inputs[node] = one + other if operation == "+" else one * other
    return inputs


@question.misconception
def every_gate_adds(graph, inputs):
    """Each node says itself what it does: "+" adds, "*" multiplies. Here all of them add."""
    values = dict(inputs)
    for node, (_, first, second) in graph.items():
        values[node] = values[first] + values[second]
    return values


@question.misconception
def operations_swapped(graph, inputs):
    """The sums were multiplied and the products added."""
    values = dict(inputs)
    for node, (operation, first, second) in graph.items():
        one, other = values[first], values[second]
        values[node] = one * other if operation == "+" else one + other
    return values


@question.alternative
def with_a_table(graph, inputs):
    import operator

    table = {"+": operator.add, "*": operator.mul}
    values = {**inputs}
    for node in graph:
        operation, *read = graph[node]
        values[node] = table[operation](*(values[name] for name in read))
    return values


# ---- 3. local derivatives -------------------------------------------------------------------------------

question = Question(
    "local-derivatives",
    "Local derivatives of four gates",
    points=2,
    asks="slopes = local_derivatives(operation, x, y)",
    public=[
        case(operation="+", x=-3.0, y=5.0).gives(slopes=(1.0, 1.0)),
        case(operation="-", x=-3.0, y=5.0).gives(slopes=(1.0, -1.0)),
        case(operation="*", x=-3.0, y=5.0).gives(slopes=(5.0, -3.0)),
        case(operation="/", x=-3.0, y=4.0).gives(slopes=(0.25, 0.1875)),
    ],
    labels={"slopes": ["∂z/∂x", "∂z/∂y"]},
    message="Hold one of the two still and ask how fast the result grows with the other.",
)


@question.reference
def local_derivatives(operation, x, y):
    if operation == "+":
        return 1.0, 1.0
    if operation == "-":
        return 1.0, -1.0
    if operation == "*":
        return y, x
    return 1.0 / y, -x / y**2


for _operation in "+-*/":

    @question.hidden(f"other numbers, {_operation}", count=2)
    def _(draw: Draw, operation: str = _operation):
        """The slopes are right for the numbers shown and not for others: do they use x and y as they
        should?"""
        return {"operation": operation, "x": draw.number(-4, 4), "y": draw.number(0.5, 3)}


@question.misconception
def own_value(operation, x, y):
    """In a product each side gets the value of the other one: with y held at 5, x·y grows 5 times as fast as
    x."""
    return (x, y) if operation == "*" else local_derivatives(operation, x, y)


@question.misconception
def minus_forgotten(operation, x, y):
    """If y grows, x − y falls. What does that say about the sign?"""
    return (1.0, 1.0) if operation == "-" else local_derivatives(operation, x, y)


@question.misconception
def quotient_without_minus(operation, x, y):
    """If y grows, x/y moves the other way for positive x: there is a minus in the slope for y."""
    return (1.0 / y, x / y**2) if operation == "/" else local_derivatives(operation, x, y)


@question.misconception
def quotient_like_a_product(operation, x, y):
    """x/y is x times 1/y. How does 1/y answer when y grows a little?"""
    return (1.0 / y, x) if operation == "/" else local_derivatives(operation, x, y)


@question.misconception
def quotient_without_square(operation, x, y):
    """Write x/y as x·y⁻¹: what becomes of the exponent −1 when you differentiate for y?"""
    return (1.0 / y, -x / y) if operation == "/" else local_derivatives(operation, x, y)


@question.misconception
def a_sum_returns_its_inputs(operation, x, y):
    """A sum does not care how large its inputs are: a nudge of either arrives as it is."""
    return (x, y) if operation == "+" else local_derivatives(operation, x, y)


@question.alternative
def by_a_dictionary(operation, x, y):
    return {"+": [1, 1], "-": [1, -1], "*": [y, x], "/": [1 / y, -x / (y * y)]}[operation]


# ---- 4. backward ----------------------------------------------------------------------------------------

question = Question(
    "graph-backward",
    "Backward through a graph",
    points=5,
    asks="gradients = backward(graph, values)",
    public=[
        case(graph=XY_PLUS_Z, values={"x": -3.0, "y": 5.0, "z": 4.0, "a": -15.0, "f": -11.0}).gives(
            gradients={"x": 5.0, "y": -3.0, "z": 1.0, "a": 1.0, "f": 1.0}
        ),
        case(graph=S_S_PLUS_S, values={"s": 2.0, "q": 4.0, "r": 6.0}).gives(
            gradients={"s": 5.0, "q": 1.0, "r": 1.0}
        ),
        case(graph=READ_TWICE, values={"x": 2.0, "y": 3.0, "p": 6.0, "q": 12.0, "r": 72.0}).gives(
            gradients={"x": 72.0, "y": 48.0, "p": 24.0, "q": 6.0, "r": 1.0}
        ),
    ],
    message="Start with 1 at the last node; go through the graph from its end; every node hands each node it "
    "reads the local derivative times its own gradient.",
)


@question.reference
def backward(graph, values):
    gradients = dict.fromkeys(values, 0.0)
    gradients[list(graph)[-1]] = 1.0
    for node in reversed(graph):
        operation, first, second = graph[node]
        upstream = gradients[node]
        if operation == "+":
            gradients[first] += upstream
            gradients[second] += upstream
        else:
            gradients[first] += values[second] * upstream
            gradients[second] += values[first] * upstream
    return gradients


@question.hidden("other graphs", count=5)
def _(draw: Draw):
    """The gradients are right for the graphs shown and not for larger ones: do shares add up wherever a node
    is read more than once, and has it all of them before it hands anything on?"""
    graph, inputs = some_calculation(draw, draw.size(3, 6))
    return {"graph": graph, "values": forward(graph, inputs)}


@question.hidden("nodes that the result does not depend on", count=3)
def _(draw: Draw):
    """Some nodes have no influence on the result: nobody reads them, or only a node that nobody reads. Which
    gradient is right for those, and which node is the result?"""
    graph, inputs = some_calculation(draw, draw.size(2, 4))
    *before, last = graph
    known = [*inputs, *before]
    graph = {
        **{node: graph[node] for node in before},
        "aside": (draw.choice("+*"), draw.choice(known), "unread"),
        "far": (draw.choice("+*"), "aside", draw.choice(known)),
        last: graph[last],
    }
    return {"graph": graph, "values": forward(graph, inputs | {"unread": draw.number()})}


@question.misconception
def overwritten(graph, values):
    """A node that is read twice receives two shares, and the second one has replaced the first. What happens
    to gradients at a branch?"""
    gradients = dict.fromkeys(values, 0.0)
    gradients[list(graph)[-1]] = 1.0
    for node in reversed(graph):
        operation, first, second = graph[node]
        upstream = gradients[node]
        if operation == "+":
            gradients[first] = upstream
            gradients[second] = upstream
        else:
            gradients[first] = values[second] * upstream
            gradients[second] = values[first] * upstream
    return gradients


@question.misconception
def started_with_zero(graph, values):
    """Every gradient is 0: a sum of products with 0. Which one do you know before you begin?"""
    return dict.fromkeys(values, 0.0)


@question.misconception
def in_forward_order(graph, values):
    """The nodes were visited from the front. A node can hand on its gradient only after all its readers have
    sent theirs."""
    gradients = dict.fromkeys(values, 0.0)
    gradients[list(graph)[-1]] = 1.0
    for node, (operation, first, second) in graph.items():
        upstream = gradients[node]
        gradients[first] += upstream if operation == "+" else values[second] * upstream
        gradients[second] += upstream if operation == "+" else values[first] * upstream
    return gradients


@question.misconception
def upstream_forgotten(graph, values):
    """The local derivatives are there, but they are not multiplied by what arrives from upstream."""
    gradients = dict.fromkeys(values, 0.0)
    gradients[list(graph)[-1]] = 1.0
    for node in reversed(graph):
        operation, first, second = graph[node]
        gradients[first] += 1.0 if operation == "+" else values[second]
        gradients[second] += 1.0 if operation == "+" else values[first]
    return gradients


@question.misconception
def handed_on_too_early(graph, values):
    """A node handed its gradient on before all its readers had sent their shares, and then again with the
    next share: what came first was counted more than once."""
    gradients = dict.fromkeys(values, 0.0)
    last = list(graph)[-1]
    gradients[last] = 1.0

    def back(node):
        if node in graph:
            operation, first, second = graph[node]
            upstream = gradients[node]
            gradients[first] += upstream if operation == "+" else values[second] * upstream
            gradients[second] += upstream if operation == "+" else values[first] * upstream
            back(first)
            back(second)

    back(last)
    return gradients


@question.misconception
def same_node_twice_counted_once(graph, values):
    """A node that is read twice by the same reader has two places in it, and receives a share for each: s·s
    grows with its first factor and with its second."""
    gradients = dict.fromkeys(values, 0.0)
    gradients[list(graph)[-1]] = 1.0
    for node in reversed(graph):
        operation, *read = graph[node]
        for name, other in set(zip(read, reversed(read), strict=True)):
            gradients[name] += gradients[node] * (1.0 if operation == "+" else values[other])
    return gradients


@question.misconception
def started_with_ones(graph, values):
    """All gradients began at 1. Only the result answers to itself; of the others nothing is known yet, so
    their sums begin at 0."""
    gradients = dict.fromkeys(values, 1.0)
    for node in reversed(graph):
        operation, first, second = graph[node]
        upstream = gradients[node]
        gradients[first] += upstream if operation == "+" else values[second] * upstream
        gradients[second] += upstream if operation == "+" else values[first] * upstream
    return gradients


@question.misconception
def started_at_every_end(graph, values):
    """More than one node began with 1. That nobody reads a node does not make it the result: the result is
    the last node of the graph alone."""
    read = {name for _, *names in graph.values() for name in names}
    gradients = {node: 1.0 if node in graph and node not in read else 0.0 for node in values}
    for node in reversed(graph):
        operation, first, second = graph[node]
        upstream = gradients[node]
        gradients[first] += upstream if operation == "+" else values[second] * upstream
        gradients[second] += upstream if operation == "+" else values[first] * upstream
    return gradients


@question.misconception
def written_over_the_values(graph, values):
    """The gradients were written into `values` itself, and so the values that the products need are gone.
    Make a dictionary of their own for them."""
    for node in values:
        values[node] = 0.0
    values[list(graph)[-1]] = 1.0
    for node in reversed(graph):
        operation, first, second = graph[node]
        upstream = values[node]
        values[first] += upstream if operation == "+" else values[second] * upstream
        values[second] += upstream if operation == "+" else values[first] * upstream
    return values


@question.misconception
def own_value_in_products(graph, values):
    """In a product each side is handed the value of the other side, times upstream; here each gets its
    own."""
    gradients = dict.fromkeys(values, 0.0)
    gradients[list(graph)[-1]] = 1.0
    for node in reversed(graph):
        operation, first, second = graph[node]
        upstream = gradients[node]
        gradients[first] += upstream if operation == "+" else values[first] * upstream
        gradients[second] += upstream if operation == "+" else values[second] * upstream
    return gradients


@question.misconception
def without_what_nobody_reads(graph, values):
    """Nodes are missing: an input that no node reads is a node, too. How much does the result answer to
    it?"""
    read = {name for _, *names in graph.values() for name in names}
    gradients = backward(graph, values)
    return {node: gradients[node] for node in gradients if node in read or node == list(graph)[-1]}


@question.alternative
def with_a_defaultdict(graph, values):
    from collections import defaultdict

    gradients = defaultdict(float, dict.fromkeys(values, 0.0))
    gradients[next(reversed(graph))] += 1
    for node, (operation, first, second) in reversed(graph.items()):
        gradients[first] += gradients[node] * (values[second] if operation == "*" else 1)
        gradients[second] += gradients[node] * (values[first] if operation == "*" else 1)
    return gradients


@question.alternative
def by_asking_the_readers(graph, values):
    last = list(graph)[-1]
    gradients = {}
    for node in [*reversed(graph), *(name for name in values if name not in graph)]:
        total = 1 if node == last else 0
        for reader, (operation, *read) in graph.items():
            for place, name in enumerate(read):
                if name == node:
                    total += gradients[reader] * (1 if operation == "+" else values[read[1 - place]])
        gradients[node] = total
    return gradients


# ---- 5. two paths ---------------------------------------------------------------------------------------

question = Question(
    "two-paths",
    "The network with two paths",
    points=3,
    asks="gradient = two_path_gradient(x, a1, a2, b1, b2, t)",
    public=[
        case(x=1.0, a1=1.0, a2=3.0, b1=2.0, b2=-1.0, t=1.0).gives(gradient=[-8.0, 4.0, -4.0, -12.0, 4.0]),
        case(x=2.0, a1=1.0, a2=3.0, b1=2.0, b2=-1.0, t=1.0).gives(gradient=[-24.0, 12.0, -12.0, -36.0, 6.0]),
    ],
    labels={"gradient": ["∂L/∂a1", "∂L/∂a2", "∂L/∂b1", "∂L/∂b2", "∂L/∂x"]},
    message="Work out ∂L/∂y once. Then walk from y to each of the five, and multiply what you pass.",
)


@question.reference
def two_path_gradient(x, a1, a2, b1, b2, t):
    dy = 2.0 * (b1 * a1 * x + b2 * a2 * x - t)
    return [dy * b1 * x, dy * b2 * x, dy * a1 * x, dy * a2 * x, dy * (b1 * a1 + b2 * a2)]


@question.hidden("other numbers", count=4)
def _(draw: Draw):
    """The gradient is right for the numbers shown and not for others: is every factor of every path there?"""
    return dict(zip(["x", "a1", "a2", "b1", "b2", "t"], draw.numbers(6, -3, 3), strict=True))


@question.misconception
def x_on_one_path(x, a1, a2, b1, b2, t):
    """x reaches y through both hidden units. Only one of the two paths has been counted."""
    gradient = two_path_gradient(x, a1, a2, b1, b2, t)
    return [*gradient[:4], 2.0 * (b1 * a1 * x + b2 * a2 * x - t) * b1 * a1]


@question.misconception
def paths_multiplied(x, a1, a2, b1, b2, t):
    """x reaches y through both hidden units. Along a path local derivatives multiply; what do the two paths
    do?"""
    gradient = two_path_gradient(x, a1, a2, b1, b2, t)
    return [*gradient[:4], 2.0 * (b1 * a1 * x + b2 * a2 * x - t) * b1 * a1 * b2 * a2]


@question.misconception
def two_forgotten(x, a1, a2, b1, b2, t):
    """All entries are half of what they should be: the loss here has no ½ in front of the square."""
    return [slope / 2 for slope in two_path_gradient(x, a1, a2, b1, b2, t)]


@question.misconception
def sign_turned(x, a1, a2, b1, b2, t):
    """All signs are turned: the square holds y − t, so its slope for y is 2(y − t)."""
    return [-slope for slope in two_path_gradient(x, a1, a2, b1, b2, t)]


@question.misconception
def second_weight_skipped(x, a1, a2, b1, b2, t):
    """Between a1 and y lies the weight b1: the path to a1 passes it, and its local derivative is a factor."""
    dy = 2.0 * (b1 * a1 * x + b2 * a2 * x - t)
    return [dy * x, dy * x, dy * a1 * x, dy * a2 * x, dy * (b1 * a1 + b2 * a2)]


@question.misconception
def x_left_out(x, a1, a2, b1, b2, t):
    """On the way to a1 the last gate is the product a1·x: its local derivative for a1 is a factor as well."""
    gradient = two_path_gradient(x, a1, a2, b1, b2, t)
    dy = 2.0 * (b1 * a1 * x + b2 * a2 * x - t)
    return [dy * b1, dy * b2, *gradient[2:]]


@question.misconception
def own_weight(x, a1, a2, b1, b2, t):
    """In a product each factor is handed the value of the *other* one: the slope for a1 holds b1, and the
    slope for b1 holds a1."""
    gradient = two_path_gradient(x, a1, a2, b1, b2, t)
    return [*gradient[2:4], *gradient[:2], gradient[4]]


@question.misconception
def upstream_left_out(x, a1, a2, b1, b2, t):
    """These are the slopes of y. The loss is one gate further on: its local derivative for y is a factor of
    all five."""
    return [b1 * x, b2 * x, a1 * x, a2 * x, b1 * a1 + b2 * a2]


@question.alternative
def layer_by_layer(x, a1, a2, b1, b2, t):
    h = np.array([a1, a2]) * x
    b = np.array([b1, b2])
    dy = 2 * (b @ h - t)
    dh = dy * b
    return np.concatenate([dh * x, dy * h, [dh @ np.array([a1, a2])]])


# ---- 6. paths and edges ---------------------------------------------------------------------------------

question = Question(
    "paths-and-edges",
    "How many paths, how many edges",
    points=2,
    asks="paths, edges = paths_and_edges(width, layers)",
    public=[
        case(width=3, layers=1).gives(paths=3, edges=6),
        case(width=3, layers=2).gives(paths=9, edges=15),
        case(width=3, layers=10).gives(paths=59049, edges=87),
    ],
    message="A path chooses one unit in every hidden layer. An edge joins two neighbours: input and first "
    "layer, two layers, last layer and output.",
)


@question.reference
def paths_and_edges(width, layers):
    return width**layers, 2 * width + width**2 * (layers - 1)


@question.hidden("other networks", count=5)
def _(draw: Draw):
    """The counts are right for three units and not for other widths: is the width in both formulas?"""
    return {"width": draw.choice([2, 4, 5, 6, 7, 8, 9]), "layers": draw.size(2, 12)}


question.group(
    "a large network",
    [case(width=9, layers=12).gives(paths=282429536481, edges=909), case(width=1, layers=7).gives(paths=1)],
    message="The number of paths grows fast: it must be exact for large networks, too, and right for narrow "
    "ones.",
)


@question.misconception
def choices_added(width, layers):
    """In every layer a path may take any unit, whatever it took before: such choices multiply."""
    return width * layers, 2 * width + width**2 * (layers - 1)


@question.misconception
def one_layer_too_many(width, layers):
    """A path chooses a unit in each hidden layer, but input and output are one node each: nothing to choose
    there."""
    return width ** (layers + 1), 2 * width + width**2 * (layers - 1)


@question.misconception
def square_for_every_layer(width, layers):
    """Between two hidden layers there are width² edges. But input and output are single nodes: how many
    edges touch those?"""
    return width**layers, width**2 * layers


@question.misconception
def output_forgotten(width, layers):
    """The edges from the last hidden layer to the output are missing."""
    return width**layers, width + width**2 * (layers - 1)


@question.misconception
def base_and_exponent_swapped(width, layers):
    """With one layer of three units there are three paths. Which number is raised to which?"""
    return layers**width, 2 * width + width**2 * (layers - 1)


@question.alternative
def by_counting(width, layers):
    paths, edges = 1, 0
    for before, after in zip([1] + [width] * layers, [width] * layers + [1], strict=True):
        paths *= after
        edges += before * after
    return [paths, edges]


# ---- 7. what remembering saves --------------------------------------------------------------------------

question = Question(
    "calls-with-and-without-memory",
    "What remembering saves",
    points=2,
    asks="naive, remembered = calls(n)",
    public=[
        case(n=0).gives(naive=1, remembered=1),
        case(n=1).gives(naive=3, remembered=2),
        case(n=3).gives(naive=15, remembered=4),
    ],
    message="Draw the tree for n = 2: value(2) calls value(1) twice, each of which calls value(0) twice.",
)


@question.reference
def calls(n):
    return 2 ** (n + 1) - 1, n + 1


@question.hidden("longer chains", count=5)
def _(draw: Draw):
    """The counts are right for short chains and not for longer ones: how does the tree grow with n?"""
    return {"n": draw.size(4, 40)}


@question.misconception
def only_the_ends(n):
    """That counts the calls of value(0) alone, the leaves of the tree. The calls above them count too."""
    return 2**n, n + 1


@question.misconception
def two_a_level(n):
    """Each call makes two more, and each of those two more: the number doubles from level to level, it does
    not grow by two."""
    return 2 * n + 1, n + 1


@question.misconception
def the_start_is_free(n):
    """value(0) is called, too, once in the remembering version: count all of value(0) … value(n)."""
    return 2 ** (n + 1) - 1, max(n, 1)


@question.misconception
def every_use_a_call(n):
    """Who remembers asks for value(k − 1) only once: the second time the number is at hand."""
    return 2 ** (n + 1) - 1, 2 * n + 1


@question.alternative
def by_running_it(n):
    naive = 1
    for _ in range(n):
        naive = 1 + 2 * naive
    return [naive, len(range(n + 1))]


# ---- 8, 9. ‖W x‖² ---------------------------------------------------------------------------------------

W, X = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])


def oblong(draw: Draw):
    """How many rows and columns: never equally many, so that a wrong shape shows; one of them may be 1."""
    rows, columns = draw.sample([1, 2, 3, 4, 5], 2)
    return rows, columns


question = Question(
    "norm-gradient-w",
    "The gradient of ‖W x‖² for W",
    points=3,
    asks="dW = norm_gradient_w(W, x)",
    public=[case(W=W, x=X).gives(dW=[[0.088, 0.176], [0.104, 0.208]])],
    message="In indices: ∂f/∂W_ij = 2 q_i x_j. Which product of two vectors has such entries?",
)


@question.reference
def norm_gradient_w(W, x):
    q = W @ x
    return 2.0 * np.outer(q, x)


@question.hidden("other matrices, not only square ones", count=4)
def _(draw: Draw):
    """The gradient is right for the matrix shown and not for others. A gradient has the shape of what it is
    the gradient of."""
    rows, columns = oblong(draw)
    return {"W": draw.array(rows, columns), "x": draw.array(columns)}


@question.misconception
def transposed(W, x):
    """That is the transpose: entry i, j should be 2 q_i x_j, so the rows go with q and the columns with x."""
    return 2.0 * np.outer(x, W @ x)


@question.misconception
def two_forgotten_in_w(W, x):
    """All entries are half of what they should be: the slope of q_i² is 2 q_i."""
    return np.outer(W @ x, x)


@question.misconception
def a_vector(W, x):
    """That is the gradient for q. W has more entries than q, and each needs its own slope: one step further
    back."""
    return 2.0 * (W @ x)


@question.misconception
def weights_for_q(W, x):
    """The slope of q_i² is 2 q_i, with q = W x. You have W itself where q should be."""
    return 2.0 * W * x


@question.misconception
def sum_of_q(W, x):
    """Weight W_ij reaches f through q_i alone; you have the sum of all q there."""
    return 2.0 * np.sum(W @ x) * np.ones_like(W) * x


@question.alternative
def with_loops(W, x):
    q = W.dot(x)
    return [[2 * q[i] * x[j] for j in range(len(x))] for i in range(len(q))]


@question.alternative
def as_columns_and_rows(W, x):
    return 2 * (W @ x)[:, None] @ x[None, :]


question = Question(
    "norm-gradient-x",
    "The gradient of ‖W x‖² for x",
    points=3,
    asks="dx = norm_gradient_x(W, x)",
    public=[case(W=W, x=X).gives(dx=[-0.112, 0.636])],
    message="In indices: ∂f/∂x_i = Σ_k 2 q_k W_ki. The sum runs over the first index of W.",
)


@question.reference
def norm_gradient_x(W, x):
    q = W @ x
    return 2.0 * W.T @ q


@question.hidden("other matrices, not only square ones", count=4)
def _(draw: Draw):
    """The gradient is right for the matrix shown and not for others. Check the shapes: what has as many
    entries as x?"""
    rows, columns = oblong(draw)
    return {"W": draw.array(rows, columns), "x": draw.array(columns)}


@question.misconception
def not_transposed(W, x):
    """The sum must run over the first index of W: a transpose is missing."""
    return 2.0 * W @ (W @ x)


@question.misconception
def two_forgotten_in_x(W, x):
    """All entries are half of what they should be: the slope of q_k² is 2 q_k."""
    return W.T @ (W @ x)


@question.misconception
def stopped_at_q(W, x):
    """That is the gradient for q. One more step back, through q = W x, leads to x."""
    return 2.0 * (W @ x)


@question.misconception
def x_for_q(W, x):
    """The upstream gradient of the product is 2q, with q = W x. You have x itself in its place."""
    return 2.0 * W.T @ x[: W.shape[0]]


@question.misconception
def one_way_only(W, x):
    """x_i is used by every q_k, not by one of them: the shares of all of them add."""
    return 2.0 * W[0] * (W @ x)[0]


@question.alternative
def from_the_left(W, x):
    return 2 * (W @ x) @ W


@question.alternative
def with_sums(W, x):
    q = W @ x
    return [sum(2 * q[k] * W[k, i] for k in range(len(q))) for i in range(len(x))]


# ---- 10. the Jacobian-gradient product ------------------------------------------------------------------

J = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]])

question = Question(
    "jacobian-gradient-product",
    "The Jacobian-gradient product",
    points=3,
    asks="dx = jacobian_gradient_product(J, dz)",
    public=[
        case(J=J, dz=np.array([1.0, 1.0])).gives(dx=[0.0, 2.5, 7.0]),
        case(J=J, dz=np.array([2.0, -1.0])).gives(dx=[3.0, 3.5, 2.0]),
    ],
    message="J has a row for each output, a column for each input; the answer has an entry for each input.",
)


@question.reference
def jacobian_gradient_product(J, dz):
    return J.T @ dz


@question.hidden("other shapes", count=4)
def _(draw: Draw):
    """The product is right for the Jacobian shown and not for other shapes."""
    outputs, inputs = oblong(draw)
    return {"J": draw.array(outputs, inputs), "dz": draw.array(outputs)}


@question.misconception
def transpose_forgotten(J, dz):
    """J times a vector goes forward, from inputs to outputs, and the shapes do not even fit. Back it goes
    with the transpose."""
    return J @ dz


@question.misconception
def upstream_ignored(J, dz):
    """The rows have been added, but each belongs to an output and must first be multiplied by the upstream
    gradient of that output."""
    return J.sum(axis=0)


@question.misconception
def first_output_only(J, dz):
    """Only the first output has been followed. An input reaches the result through all outputs."""
    return J[0] * dz[0]


@question.misconception
def not_added_up(J, dz):
    """The shares of the outputs are all there, one below the other, but an input has one gradient: branches
    add."""
    return J * dz[:, None]


@question.misconception
def averaged(J, dz):
    """The shares of several outputs add up; they are not averaged."""
    return J.T @ dz / len(dz)


@question.alternative
def row_by_row(J, dz):
    total = np.zeros(J.shape[1])
    for row, upstream in zip(J, dz, strict=True):
        total = total + upstream * row
    return total


@question.alternative
def vector_first(J, dz):
    return dz @ J


# ---- 11. stretch: a layer without its Jacobian ------------------------------------------------------------

question = Question(
    "layer-backward",
    "Back through a ReLU layer",
    points=4,
    asks="dW, dx = layer_backward(W, x, dy)",
    public=[
        case(
            W=np.array([[1.0, 2.0, 0.0], [-1.0, 0.5, -3.0]]),
            x=np.array([1.0, -2.0, -1.0]),
            dy=np.array([5.0, -10.0]),
        ).gives(dW=[[0.0, 0.0, 0.0], [-10.0, 20.0, 10.0]], dx=[10.0, -5.0, 30.0])
    ],
    labels={},
    message="Two gates: the matrix product s = W x, then ReLU. Back through ReLU first: what is the upstream "
    "gradient of s?",
    equivalent=["layer_backward: W @ x > 0 → W @ x >= 0"],  # at the corner itself nobody asks
)


@question.reference
def layer_backward(W, x, dy):
    ds = dy * (W @ x > 0)
    return np.outer(ds, x), W.T @ ds


@question.hidden("other layers", count=6)
def _(draw: Draw):
    """The gradients are right for the layer shown and not for others: where is ReLU switched on?"""
    units, inputs = draw.size(2, 4), draw.size(2, 4)
    return {"W": draw.array(units, inputs), "x": draw.array(inputs), "dy": draw.array(units)}


@question.misconception
def mask_forgotten(W, x, dy):
    """A unit that ReLU has switched off passes no gradient on. The mask is missing."""
    return np.outer(dy, x), W.T @ dy


@question.misconception
def mask_of_the_gradient(W, x, dy):
    """What is switched off depends on what went in on the way forward, s = W x, not on the sign of the
    gradient."""
    ds = dy * (dy > 0)
    return np.outer(ds, x), W.T @ ds


@question.misconception
def gradient_cut_off_too(W, x, dy):
    """A unit that is switched on passes its gradient on as it is, a negative one too. Only what goes forward
    is cut off at 0."""
    ds = np.maximum(dy, 0.0) * (W @ x > 0)
    return np.outer(ds, x), W.T @ ds


@question.misconception
def relu_of_the_value(W, x, dy):
    """ReLU's local derivative is 1 where it is switched on. You have multiplied by its output."""
    ds = dy * np.maximum(W @ x, 0)
    return np.outer(ds, x), W.T @ ds


@question.misconception
def dw_transposed(W, x, dy):
    """dW must have the shape of W: a row for each unit, a column for each input. You have its transpose."""
    ds = dy * (W @ x > 0)
    return np.outer(x, ds), W.T @ ds


@question.misconception
def mask_for_dw_only(W, x, dy):
    """dW is right, and dx is not: what goes back to x passes through the same ReLU."""
    return np.outer(dy * (W @ x > 0), x), W.T @ dy


@question.alternative
def by_rows(W, x, dy):
    dW, dx = np.zeros_like(W), np.zeros_like(x)
    for unit in range(len(W)):
        if W[unit] @ x > 0:
            dW[unit] = dy[unit] * x
            dx += dy[unit] * W[unit]
    return [dW, dx]
