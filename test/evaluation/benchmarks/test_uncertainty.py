# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of what tells what moves runs both models over the same clips."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('skimage', reason='procedural clips need scikit-image')
pytest.importorskip('onnxruntime', reason='the network runs in onnxruntime')

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.benchmarks.uncertainty import (
    benchmark_uncertainty,
    Figures,
    line,
    median,
)
from anycam_ros.evaluation.clip_score import score_clip
from anycam_ros.evaluation.procedural import KEPT_BACK, procedural_clip
from anycam_ros.odometry import OdometryConfig

pytestmark = pytest.mark.slow


def test_a_line_has_both_models_side_by_side() -> None:
    geometry = Figures(0.4, 1.0, 2.0, 3.0, 4.0, np.nan, 50.0)
    network = Figures(0.5, 0.5, 2.0, 3.0, 4.0, np.nan, 60.0)
    assert line('dog', [geometry, network]) \
        == '| dog | 0.4 | 0.5 | 1 | 0.5 | 2 | 2 | 3 | 3 | 4 | 4 |  |  | 50 | 60 |'


def test_a_median_leaves_out_what_a_run_does_not_have() -> None:
    runs = [Figures(0.4, 1.0, np.nan, 3.0, 4.0, np.nan, 50.0),
            Figures(0.6, 3.0, 7.0, 5.0, 8.0, np.nan, 70.0)]
    found = median(runs)
    assert (found.similarity, found.path_percent) == (pytest.approx(0.5), 7.0)
    assert np.isnan(found.focal_error)


def test_procedural_clips_are_scored_like_recordings() -> None:
    clip = procedural_clip(KEPT_BACK + 1)
    score = score_clip(clip, OdometryConfig(uncertainty='epipolar'))
    assert score.trajectory.true_path_m > 0
    assert 0 <= score.masked_share < 1
    assert np.isfinite(score.focal_error)


def test_a_folder_without_sequences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='no sequence folder'):
        list(benchmark_uncertainty(tmp_path, 0, 1))
