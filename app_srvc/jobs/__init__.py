"""The core that every service uses: submit a job, and it is done or says why not."""
