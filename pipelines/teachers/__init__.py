"""Teachers: asking models for traces, judging every sample as it arrives, losing none. Needs no Prefect."""
