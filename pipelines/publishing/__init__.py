"""A dataset folder to the Hugging Face Hub and back: staged, uploaded aside, loaded back, merged, tagged."""
