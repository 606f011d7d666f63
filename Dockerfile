# One image for every command: `docker run zhongcao worker`, `… topics create`, `… sql "SELECT 1"`.
# Any Debian image with Python 3.11 or newer and pip will do as BASE_IMAGE.
ARG BASE_IMAGE=python:3.13-slim-trixie

FROM ${BASE_IMAGE} AS build
# pip's own settings say where packages come from: the secret pip.conf, or a mirror without credentials as an argument.
ARG PIP_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python3 -m venv --without-pip /opt/zhongcao
# Dependencies come first: they are nearly all of the image and change less often than the sources.
# Each file must be one of those that were there when the versions were chosen.
COPY requirements-run.lock ./
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    [ -n "$PIP_INDEX_URL" ] || unset PIP_INDEX_URL \
 && python3 -m pip --python /opt/zhongcao/bin/python3 install --only-binary :all: --require-hashes --requirement requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY attribution attribution
COPY rebuild rebuild
COPY report report
COPY schemas schemas
COPY sinks sinks
COPY sources sources
COPY streams streams
COPY verify verify
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    [ -n "$PIP_INDEX_URL" ] || unset PIP_INDEX_URL \
 && python3 -m pip wheel --no-deps --wheel-dir /wheels .

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="zhongcao" \
      org.opencontainers.image.description="From a Xiaohongshu note to a Taobao purchase, joined while it happens" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 zhongcao \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/zhongcao --shell /usr/sbin/nologin zhongcao \
 && install --directory --owner 10001 --group 10001 --mode 0750 /var/lib/zhongcao
COPY --from=build /opt/zhongcao /opt/zhongcao
COPY --from=build /wheels /wheels
RUN python3 -m pip --python /opt/zhongcao/bin/python3 install --no-cache-dir --no-deps --no-index /wheels/*.whl
ENV PATH=/opt/zhongcao/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ZHONGCAO_DATA_DIR=/var/lib/zhongcao
USER 10001:10001
WORKDIR /var/lib/zhongcao
VOLUME /var/lib/zhongcao
EXPOSE 6066
# Is the worker ready? Anything but 200 makes urlopen raise.
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --retries=3 \
  CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:6066/ready', timeout=10)"]
ENTRYPOINT ["zhongcao"]
CMD ["--help"]
