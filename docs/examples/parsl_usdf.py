"""Build the stack in Slurm jobs at USDF: an example of a configuration of Parsl, to be adapted.

``rubin-releng stack build ... --executor parsl --parsl-config parsl_usdf.py --jobs 64``
"""

from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.launchers import SrunLauncher
from parsl.providers import SlurmProvider

config = Config(
    executors=[
        HighThroughputExecutor(
            label="milano",
            # Products at once on each node; one may use several cores by a weight.
            max_workers_per_node=16,
            # A node that is gone is noticed after a minute, and its products go to others.
            heartbeat_period=15,
            heartbeat_threshold=60,
            provider=SlurmProvider(
                partition="milano",
                account="rubin:developers",
                nodes_per_block=1,
                cores_per_node=32,
                mem_per_node=128,
                init_blocks=1,
                min_blocks=0,
                max_blocks=4,
                walltime="08:00:00",
                exclusive=False,
                # Folders of the build have to be the same for all nodes: a shared file system.
                worker_init="source ~/conda/bin/activate lsst-scipipe",
                launcher=SrunLauncher(),
            ),
        )
    ],
    # Blocks come and go with the number of products that can be built.
    strategy="htex_auto_scale",
    max_idletime=120,
)
