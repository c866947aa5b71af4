"""Submissions that try to break the grader, and the suite that shows what became of each.

An entry (`entry.Entry`) is data: what it tries, how its hand-in is made from the released notebook of a small
course, and what it deserves. The entries of a class lie in a module of their own; `corpus` has them all.
`suite.run` hands a choice of them in, an honest student after each, grades them all with the real command at
one level of isolation, and returns in words whatever is not as it should be. Nothing here but the modules
called ``test_…`` needs pytest.
"""
