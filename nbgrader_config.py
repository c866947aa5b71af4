"""This checkout as an nbgrader course: sources in ``assignments/``, everything else under ``course/``."""

from pathlib import Path

import autograder.questions

ROOT = Path(__file__).resolve().parent
COURSE = ROOT / "course"
COURSE.mkdir(exist_ok=True)

c = get_config()  # noqa: F821

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.course_id = "coursekit"
c.CourseDirectory.source_directory = "assignments"
c.CourseDirectory.release_directory = "course/release"
c.CourseDirectory.submitted_directory = "course/submitted"
c.CourseDirectory.autograded_directory = "course/autograded"
c.CourseDirectory.feedback_directory = "course/feedback"
c.CourseDirectory.solution_directory = "course/solution"
c.CourseDirectory.db_url = f"sqlite:///{COURSE / 'gradebook.db'}"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".venv", ".git"]

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

c.Execute.timeout = 10  # seconds for a cell; an honest answer takes milliseconds

# Questions with their known wrong answers; what of them a notebook may know is released beside it.
c.Coursekit.questions = str(Path(autograder.questions.__file__).parent)
c.GenerateAssignment.preprocessors.append("autograder.check_files.WriteChecks")

# `nbgrader autograde` and formgrader's Autograde button have submissions judged as `coursekit grade` does.
c.Autograde.exporter_class = "autograder.frontend.SealedExporter"
