"""What courses do that were not known when the judge was written: one small notebook for each defect found.

Each case is of our own making; the notebooks that led to it are not here.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from autograder import nose_tools
from autograder.judge import judge_notebook
from autograder.plan import make_plan
from tests.autograder.judging import (
    QUICK,
    both,
    graded,
    judge,
    locked,
    notebook,
    scores,
    solution,
    spawn,
    submission,
)
from tests.autograder.unboxed import UnboxedChild


def spawn_bare() -> Any:
    """A child as bare as one in a box: it has not inherited what the judge can import."""
    from autograder.runner import serve

    def bare(*descriptors: int) -> None:
        nose_tools.uninstall()
        modules: dict[str, Any] = sys.modules
        modules["colorsys"] = None  # to import it fails
        serve(*descriptors)

    return UnboxedChild(bare)


def test_nose_is_there_for_the_cells_of_the_student_too():
    source = notebook(
        locked("from nose.tools import assert_equal, ok_\nimport math"),
        solution("ok_(True)\narea = math.pi"),
        graded("assert_equal(round(area, 2), 3.14)"),
    )
    assert scores(judge(source, spawn=spawn_bare)) == [2.0]


def test_what_the_student_cannot_import_does_not_end_his_process():
    source = notebook(
        graded("from colorsys import rgb_to_hsv\nassert rgb_to_hsv(0, 0, 0)[2] == 0", "first"),
        solution(
            "def f(x): return x + 1\ndef g(): return rgb_to_hsv(0, 0, 0)\ndef call(f): return f(0, 0, 0)"
        ),
        graded("assert f(1) == 2"),
        graded("import colorsys\nassert call(colorsys.rgb_to_hsv)", "absent"),
    )
    result = judge(source, spawn=spawn_bare)
    assert scores(result) == [2.0, 2.0, 0.0]
    assert "colorsys" in result.questions[2].reason


def test_arrays_and_frames_lie_in_memory_as_they_did():
    """How they lie decides the last digit of a product, and tests compare products exactly."""
    source = notebook(
        locked("import numpy as np\nimport pandas as pd"),
        solution("def same(x): return x\ndef lies(x): return np.asarray(x).flags.f_contiguous"),
        graded(
            """
            rows = np.arange(6.0).reshape(2, 3)
            for x in (rows, rows.T, pd.DataFrame(rows), pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})):
                by_columns = np.asarray(x).flags.f_contiguous
                assert lies(x) == by_columns == np.asarray(same(x)).flags.f_contiguous
                assert np.array_equal(same(x), x) and type(same(x)) is type(x)
            """
        ),
    )
    wrong = "def same(x): return x.copy()\ndef lies(x): return not np.asarray(x).flags.f_contiguous"
    assert both(source, answer=wrong) == ([2.0], [0.0])


def test_a_change_to_an_equal_value_of_another_type_is_a_change():
    source = notebook(
        solution("def whole(d):\n    for key in d: d[key] = int(d[key])"),
        graded("d = {'a': 3.0, 'b': True}\nwhole(d)\nassert [type(x) for x in d.values()] == [int, int]"),
    )
    assert both(source, answer="def whole(d): pass") == ([2.0], [0.0])


def test_special_methods_can_be_looked_at():
    source = notebook(
        solution(
            """
            class Box:
                def __init__(self, size, name="box"):
                    self.size, self.name = size, name
                def __str__(self):
                    return f"{self.name} of {self.size}"
            class Crate(Box):
                pass
            """
        ),
        graded(
            """
            import inspect
            assert list(inspect.signature(Box.__init__).parameters) == ["self", "size", "name"]
            assert "self.size" in inspect.getsource(Box.__init__)
            assert "{self.name}" in inspect.getsource(Box.__str__)
            assert str(Crate(2)) == "box of 2" == Box.__str__(Crate(2)) and Crate(3, name="a").size == 3
            """
        ),
    )
    wrong = "class Box:\n    def __init__(self, size, name='box'): self.__dict__ = dict(size=size, name=name)"
    assert both(source, answer=wrong) == ([2.0], [0.0])


def test_an_object_is_true_unless_its_class_says_otherwise():
    source = notebook(
        solution(
            """
            class Plain: pass
            class Stack:
                def __init__(self, *items): self.items = items
                def __len__(self): return len(self.items)
            plain, empty, full = Plain(), Stack(), Stack(1)
            """
        ),
        graded("assert plain and not empty and full and all([plain, full]) and bool(Plain)"),
    )
    invented = """
        class Plain: pass
        class Yes:
            def __len__(self): return 1
        class No:
            def __bool__(self): return False
        plain, empty, full = Plain(), No(), Yes()
        """
    assert both(source, answer=invented) == ([2.0], [0.0])


@pytest.mark.parametrize(
    "answer",
    [
        "for person in people.values(): person['age'] += 1",
        "for name, person in people.items():\n    person['age'] += 1",
        "for _, person in enumerate(list(people.values())): person['age'] += 1",
        "ada = people['Ada']\nada['age'] = 37",
        "def older():\n    for person in people.values(): person['age'] += 1\nolder()",
        "def older(group):\n    for person in group.values(): person['age'] += 1\nolder(people)",
        "def older():\n    for person in people.values(): person['age'] += 1\ndef later(): older()\nlater()",
    ],
)
def test_what_is_changed_through_another_name_is_fetched(answer):
    source = notebook(
        locked("people = {'Ada': {'age': 36}}"), solution(answer), graded("assert people['Ada']['age'] == 37")
    )
    assert both(source, answer="pass") == ([2.0], [0.0])


def test_a_function_changes_what_a_locked_cell_made():
    source = notebook(
        locked("numbers = [3, 1, 2]\nlog = []"),
        solution("def sort(xs):\n    xs.sort()\n    log.append(len(xs))"),
        locked("sort(numbers)", "use"),
        graded("assert numbers == [1, 2, 3] and log == [3]\nsort([5])\nassert log == [3, 1]"),
    )
    assert both(source, answer="def sort(xs): pass") == ([2.0], [0.0])


def test_objects_of_libraries_are_passed_as_copies():
    source = notebook(
        locked("import numpy as np\nfrom string import Template\nimport matplotlib.pyplot as plt"),
        solution(
            "def fill(template, x): return template.substitute(x=x)\n"
            "def same(x): return x\n"
            "def double(x): return x + 1\n"
            "def put(template): template.template = 'changed $x'\n"
            "def draw(ax): ax.plot([1, 2])"
        ),
        graded(
            """
            template = Template("a $x")
            assert fill(template, 3) == "a 3" and same(template) is template
            put(template)
            assert fill(template, 3) == "changed 3" and template.template == "a $x"
            template.template = "b $x"
            assert fill(template, 3) == "b 3"
            template.callback = double
            assert same(template).callback(1) == 2
            """
        ),
        graded("_, ax = plt.subplots()\ndraw(ax)\nassert len(ax.lines) == 1", "lines"),
    )
    assert scores(judge(source)) == [2.0, 2.0]


def test_nothing_that_a_student_has_is_ever_unpickled_here(tmp_path):
    trap = tmp_path / "trap"
    source = notebook(
        locked("from string import Template"),
        solution("def same(x): return x"),
        graded("assert same(Template('a')).template == 'a'"),
    )
    answer = f"""
        class Trap:
            def __reduce__(self): return open, ({str(trap)!r}, "w")
        def same(x):
            x.trap = Trap()
            return x
        """
    assert scores(judge(source, submission(source, answer=answer))) == [2.0]
    assert not trap.exists()


def test_an_object_of_an_earlier_cell_stays_one_object():
    source = notebook(
        locked("import numpy as np"),
        solution("a = np.arange(3)\nrow = [0]", "first"),
        solution("things = [1, a, 'x']\ngrid = [row, row]"),
        graded("assert things == [1, a, 'x'] and grid[1] is row and a.tolist() == [0, 1, 2]"),
        graded("row = 5\nassert grid == [[0], [0]]", "own"),
        solution("last = grid", "last"),
        graded("assert row == 5 and last is grid", "end"),
    )
    assert scores(judge(source)) == [2.0, 2.0, 2.0]
    wrong = submission(source, answer="things = [1, a.copy(), 'x']\ngrid = [row, row]")
    assert scores(judge(source, wrong)) == [0.0, 2.0, 2.0]


def test_parts_are_kept_in_step_from_one_test_to_the_next():
    source = notebook(
        solution(
            """
            class Base:
                def step(self, size=[1]): pass
            class Part(Base):
                def __init__(self, kind={}): self.m = [{}, {}]
            class Whole:
                def __init__(self): self.weights, self.part, self.log = [{}, {}], Part(), []
                def add(self):
                    self.log.append(self.weights[0]["w"] + self.part.m[1]["w"])
                    return self.log
            """
        ),
        graded(
            """
            whole = Whole()
            for name in "wb":
                for layer in whole.weights: layer[name] = 1
                whole.weights[0][name] = [2, 3]
                whole.part.m[0][name] = 4
                whole.part.m[1][name] = [5]
            whole.part.m[0]["w"] = [6]
            assert whole.add() == [[2, 3, 5]] and whole.part.m[0]["w"] == [6]
            """
        ),
        graded("other = Whole()\nother.weights[0]['w'] = 7\nassert other.weights == [{'w': 7}, {}]"),
    )
    wrong = """
        class Part:
            def __init__(self): self.m = [{}, {}]
        class Whole:
            def __init__(self): self.weights, self.part = [{}, {}], Part()
            def add(self): return [[2]]
        """
    assert both(source, answer=wrong) == ([2.0, 2.0], [0.0, 2.0])


def test_classes_of_a_shipped_module_are_the_tests_own():
    files = {
        "shop.py": """
            class Item:
                def __init__(self, price): self.price = price
            class Soap(Item): pass
            def has_soap(basket): return Soap in [type(item) for item in basket]
            """
    }
    source = notebook(
        solution("from shop import Item, Soap\nbasket = [Item(2), Soap(3)]"),
        graded(
            """
            from shop import has_soap, Soap, Item
            assert has_soap(basket) and type(basket[1]) == Soap != type(basket[0])
            assert {type(item) for item in basket} == {Item, Soap} and sum(item.price for item in basket) == 5
            """
        ),
    )
    assert both(source, files=files, answer="from shop import Item\nbasket = [Item(2), Item(3)]") == (
        [2.0],
        [0.0],
    )


def test_long_frames_go_both_ways():
    source = notebook(
        locked("import numpy as np\nimport pandas as pd"),
        solution(
            "def count(df): return len(df)\ndef first(df): return df\ndef make(n): return pd.RangeIndex(n)"
        ),
        graded(
            """
            df = pd.DataFrame({"a": np.zeros(1_200_000, np.int8)})
            assert count(df) == 1_200_000 and first(df) is df
            assert len(make(1_200_000)) == 1_200_000
            assert count(df) == 1_200_000
            """
        ),
    )
    wrong = "def count(df): return 0\ndef first(df): return df.copy()\ndef make(n): return pd.RangeIndex(1)"
    assert both(source, answer=wrong) == ([2.0], [0.0])


def test_nothing_that_is_written_reaches_the_source_folder(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "given.txt").write_text("given")
    (tmp_path / "large.txt").write_bytes(b"x" * (2 << 20))
    source = notebook(
        locked("with open('out/log.txt', 'a') as file: file.write('once')"),
        solution("with open('out/answer.txt', 'w') as file: file.write('42')"),
        graded(
            """
            assert open("out/answer.txt").read() == "42" and open("out/log.txt").read() == "once"
            with open("out/given.txt", "a") as file: file.write("!")
            with open("large.txt", "a") as file: file.write("y")
            assert open("out/given.txt").read() == "given!" and open("large.txt").read()[-2:] == "xy"
            """
        ),
    )
    plan = make_plan(source, source_dir=tmp_path)
    for answer, score in (("42", 2.0), ("41", 0.0), (None, 0.0), ("42", 2.0)):
        code = (
            "pass" if answer is None else f"with open('out/answer.txt', 'w') as file: file.write('{answer}')"
        )
        answered = submission(source, answer=f"import os\nos.makedirs('out', exist_ok=True)\n{code}")
        result = judge_notebook(plan, answered, spawn, seed=1, limits=QUICK, source_dir=tmp_path)
        assert scores(result) == [score]
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["given.txt", "large.txt", "out"]
        assert (tmp_path / "out" / "given.txt").read_text() == "given"
        assert (tmp_path / "large.txt").stat().st_size == 2 << 20


def test_what_the_instructors_own_run_left_over_earns_nothing():
    source = notebook(
        locked("with open('kept.csv', 'a') as file: file.write('')"),
        solution("with open('result.csv', 'w') as file: file.write('42')\nx = '7'"),
        graded("assert open('result.csv').read() == '42' and open('data.csv').read() == x == '7'"),
        solution("import numpy as np\nnp.save('array.npy', np.ones(2))", "binary"),
        graded("import numpy as np\nassert np.load('array.npy').sum() == 2", "reads-it"),
    )
    files = {"result.csv": "42", "data.csv": "7", "array.npy": "", "kept.csv": ""}
    answers = ("x = '7'", "with open('result.csv', 'w') as file: file.write('41')\nx = '7'")
    assert scores(judge(source, files=files)) == [2.0, None]
    for answer in answers:
        assert scores(judge(source, submission(source, answer=answer), files=files)) == [0.0, None]
