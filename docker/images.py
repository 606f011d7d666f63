"""The images of docker-compose.yml (`make images`): pulled, or stand-ins where no registry can be reached.

Writes docker/images.env, which tells compose what to use.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from engine import Engine, NoEngine, docker_engine
from standin_images import NoStandins, build_standins

ROOT = Path(__file__).parents[1]
ENV_FILE = ROOT / "docker/images.env"


def official() -> dict[str, str]:
    """Variable → the image that docker-compose.yml names."""
    text = (ROOT / "docker-compose.yml").read_text()
    return dict(re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", text))


def prepare(engine: Engine) -> dict[str, str]:
    """Get all images into an engine; variable → image."""
    images = official()
    own = images.pop("ZHONGCAO_IMAGE")
    # Nothing stands in for it. Compose pulls it for who wants dashboards.
    del images["GRAFANA_IMAGE"]
    missing = _pull(engine, images)
    images |= build_standins(engine, missing)
    engine.build(own, ROOT, BASE_IMAGE=images["PYTHON_IMAGE"])
    return images | {"ZHONGCAO_IMAGE": own}


def _pull(engine: Engine, images: Mapping[str, str]) -> dict[str, str]:
    """Pull what the engine lacks, and return what it still lacks: after the first failure no other is tried."""
    missing = {variable: image for variable, image in images.items() if not engine.has(image)}
    for variable, image in list(missing.items()):
        if not engine.pull(image):
            break
        del missing[variable]
    return missing


def main() -> None:
    try:
        with docker_engine() as engine:
            images = prepare(engine)
    except (NoEngine, NoStandins) as error:
        sys.exit(f"error: {error}.")
    ENV_FILE.write_text("".join(f"{variable}={image}\n" for variable, image in images.items()))
    print(f"{ENV_FILE.relative_to(ROOT)}:", *images.values(), sep="\n  ")


if __name__ == "__main__":
    main()
