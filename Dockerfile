# coursekit for grading in a container: docs/containers.md says how to run it.
#   make image          or: docker build -t coursekit .
# Any image with Python 3.11 to 3.14 on Debian or alike will do: --build-arg PYTHON=python:3.13-slim
ARG PYTHON=python:3.12-slim
FROM ${PYTHON}

# Where every user may read it: at level landlock root's box works as another one.
COPY . /opt/coursekit
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir -e '/opt/coursekit[grader,postgresql,symbolic,data]'
ENV PATH=/opt/venv/bin:$PATH

# An ordinary user, with the number that the first one of most machines has: the course folder is often his.
RUN /usr/sbin/useradd --create-home --uid 1000 instructor
USER instructor
# Whoever runs it as yet another user (--user) has no home folder.
ENV HOME=/home/instructor MPLCONFIGDIR=/tmp IPYTHONDIR=/tmp
WORKDIR /course
CMD ["coursekit", "doctor"]
