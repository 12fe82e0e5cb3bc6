"""Files that a learner opens: generated notebooks, the workspace, JupyterLab on it."""
