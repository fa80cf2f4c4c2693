"""What Airflow gets of us: the DAG factory, the callbacks and the connection types."""
