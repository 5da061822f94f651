"""Two processes never write to one folder at once, and a lock does not outlive its holder."""

from pathlib import Path

import pytest

from verimill.pipelines.build import BuildError, alone
from verimill.pipelines.publishing import staging
from verimill.pipelines.shards import ShardError


def test_a_second_build_of_a_folder_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(BuildError, match="another build is writing to"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_second_publish_of_a_folder_is_refused_and_faults_of_the_first_pass_through(tmp_path: Path) -> None:
    home = tmp_path / "staging"
    with staging._alone(home), pytest.raises(ShardError, match="another publish of"), staging._alone(home):
        pass
    with pytest.raises(ConnectionError), staging._alone(home):
        raise ConnectionError("lost while sending")
    (tmp_path / "file").touch()
    with pytest.raises(ShardError, match="cannot stage in"), staging._alone(tmp_path / "file"):
        pass
